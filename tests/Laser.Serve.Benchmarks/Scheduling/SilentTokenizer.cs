using Laser.Serve.Tokenization;

namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>A tokenizer of a random model: each token is a letter.</summary>
internal sealed class SilentTokenizer : ITokenizer
{
    public int VocabularySize => RandomModel.VocabularySize;

    public ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false) => "x"u8;

    public bool IsSpecial(int id) => false;

    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true) => throw new NotSupportedException();

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => throw new NotSupportedException();

    public bool TryGetId(string token, out int id) => throw new NotSupportedException();
}
