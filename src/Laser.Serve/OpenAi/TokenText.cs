using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Laser.Serve.Tokenization;

namespace Laser.Serve.OpenAi;

/// <summary>Tokens as text, the way the completions API writes them in <c>logprobs</c>.</summary>
internal static class TokenText
{
    /// <summary>
    /// The token's text. One that is only a part of a character is written as <c>bytes:\xe2\x80</c>.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="id">Any token id.</param>
    /// <param name="startsText">Whether no text goes before it.</param>
    public static string Of(ITokenizer tokenizer, int id, bool startsText)
    {
        ReadOnlySpan<byte> bytes = tokenizer.TokenBytes(id, startsText);
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder("bytes:");
        foreach (byte b in bytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.ToString();
    }

    /// <summary>Code points that begin in <paramref name="utf8"/>: all bytes but those within one.</summary>
    public static int CodePointCount(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte b in utf8)
        {
            count += Continues(b) ? 0 : 1;
        }

        return count;
    }

    /// <summary>Whether a byte is one of a character but not its first.</summary>
    public static bool Continues(byte b) => (b & 0xC0) == 0x80;
}
