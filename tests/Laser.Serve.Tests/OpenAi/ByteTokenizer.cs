using System.Text;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Tests.OpenAi;

/// <summary>Tokens that are given pieces of UTF-8; the first is special.</summary>
internal sealed class ByteTokenizer(params byte[][] tokens) : ITokenizer
{
    public int VocabularySize => tokens.Length;

    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true) => throw new NotSupportedException();

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => throw new NotSupportedException();

    // Like SentencePiece, without the space at the start of a text.
    public ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false) =>
        startsText && tokens[id].AsSpan().StartsWith(" "u8) ? tokens[id].AsSpan(1) : tokens[id];

    public bool IsSpecial(int id) => id == 0;

    public bool TryGetId(string token, out int id) =>
        (id = Array.FindIndex(tokens, bytes => Encoding.UTF8.GetString(bytes) == token)) >= 0;
}
