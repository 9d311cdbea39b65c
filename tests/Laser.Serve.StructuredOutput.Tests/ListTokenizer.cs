using System.Text;
using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tests;

/// <summary>A vocabulary of just these tokens; null is a special one.</summary>
internal sealed class ListTokenizer(params byte[]?[] tokens) : ITokenizer
{
    private static readonly byte[] SpecialBytes = "<s>"u8.ToArray();

    public int VocabularySize => tokens.Length;

    /// <summary>All bytes, and nothing else.</summary>
    public static ListTokenizer AllBytes() => new([.. Enumerable.Range(0, 256).Select(value => (byte[]?)[(byte)value])]);

    public static ListTokenizer Of(params IEnumerable<string> texts) => new([.. texts.Select(Encoding.UTF8.GetBytes)]);

    public ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false)
    {
        return (uint)id < (uint)tokens.Length ? tokens[id] ?? SpecialBytes : [];
    }

    public bool IsSpecial(int id) => (uint)id < (uint)tokens.Length && tokens[id] is null;

    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true) => throw new NotSupportedException();

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => throw new NotSupportedException();

    public bool TryGetId(string token, out int id) => throw new NotSupportedException();
}
