using Laser.Serve.Tokenization;

namespace Laser.Serve.Simulation.Running;

/// <summary>
/// A handful of tokens of a letter each. So few that a row of logits costs next to nothing, and so many that two random
/// blocks are never equal.
/// </summary>
internal sealed class SimulatedTokenizer : ITokenizer
{
    /// <summary>Tokens there are: a power of two.</summary>
    public const int TokenCount = 64;

    /// <summary>The token that ends a text.</summary>
    public const int EndToken = 0;

    public int VocabularySize => TokenCount;

    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true) => throw NoText();

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => throw NoText();

    public ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false) => "x"u8;

    public bool IsSpecial(int id) => false;

    public bool TryGetId(string token, out int id) => throw NoText();

    private static NotSupportedException NoText() => new("A simulation has tokens and no text.");
}
