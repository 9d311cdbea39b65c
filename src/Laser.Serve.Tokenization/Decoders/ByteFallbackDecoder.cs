using System.Globalization;
using System.Text;
using Laser.Serve.Tokenization.Normalizers;

namespace Laser.Serve.Tokenization.Decoders;

/// <summary>
/// The decoder sequence of SentencePiece-style files: replacements in each token, tokens such as <c>&lt;0xE2&gt;</c>
/// read as bytes, all of it put together, a leading character dropped.
/// </summary>
/// <remarks>
/// Hugging Face's ByteFallback makes a whole run of byte tokens replacement characters, one for each, if any of it is
/// ill-formed. Here the well-formed characters of such a run stay: a stream has already sent them.
/// </remarks>
/// <param name="replacements">Done in each token, in order.</param>
/// <param name="readsBytes">Whether tokens such as <c>&lt;0xE2&gt;</c> are bytes.</param>
/// <param name="strippedStart">The ASCII character that a text loses once at its start.</param>
internal sealed class ByteFallbackDecoder(
    IReadOnlyList<ReplaceNormalizer> replacements,
    bool readsBytes,
    char? strippedStart) : ITokenDecoder
{
    public bool DependsOnStart => strippedStart is not null;

    public byte[] Decode(string token, bool startsText)
    {
        foreach (ReplaceNormalizer replacement in replacements)
        {
            token = replacement.Normalize(token);
        }

        byte[] bytes = readsBytes && TryReadByte(token, out byte value) ? [value] : Encoding.UTF8.GetBytes(token);
        return startsText && bytes.Length > 0 && bytes[0] == strippedStart ? bytes[1..] : bytes;
    }

    /// <summary>Reads a token such as <c>&lt;0xE2&gt;</c>.</summary>
    public static bool TryReadByte(string token, out byte value)
    {
        value = 0;
        return token.Length == 6
            && token.StartsWith("<0x", StringComparison.Ordinal)
            && token[5] == '>'
            && byte.TryParse(
                token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
