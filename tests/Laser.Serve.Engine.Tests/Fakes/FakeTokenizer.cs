using System.Text;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>
/// One token per byte value, and behind these any further tokens; those that begin with &lt;| are special.
/// </summary>
internal sealed class FakeTokenizer : ITokenizer
{
    private readonly List<byte[]> _tokens = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })];

    public FakeTokenizer(params string[] furtherTokens)
    {
        _tokens.AddRange(furtherTokens.Select(Encoding.UTF8.GetBytes));
    }

    public int VocabularySize => _tokens.Count;

    /// <summary>Whether a text drops its leading space.</summary>
    public bool StripsLeadingSpace { get; init; }

    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true) => Tokens(text);

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) =>
        throw new NotSupportedException("The engine decodes from bytes.");

    public ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false)
    {
        ReadOnlySpan<byte> bytes = id < _tokens.Count ? _tokens[id] : [];
        return startsText && StripsLeadingSpace && bytes.StartsWith(" "u8) ? bytes[1..] : bytes;
    }

    public bool IsSpecial(int id) => TokenBytes(id).StartsWith("<|"u8);

    public bool TryGetId(string token, out int id)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(token);
        id = _tokens.FindIndex(candidate => candidate.AsSpan().SequenceEqual(bytes));
        return id >= 0;
    }

    /// <summary>The byte tokens of a text.</summary>
    public static int[] Tokens(string text) => [.. Encoding.UTF8.GetBytes(text).Select(value => (int)value)];
}
