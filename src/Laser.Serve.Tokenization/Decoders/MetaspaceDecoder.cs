using System.Text;

namespace Laser.Serve.Tokenization.Decoders;

/// <summary>
/// Spaces are written as another character. If the pre-tokenizer may have put one before the text, the first token
/// loses all it has.
/// </summary>
internal sealed class MetaspaceDecoder(char replacement, bool stripsStart) : ITokenDecoder
{
    public bool DependsOnStart => stripsStart;

    public byte[] Decode(string token, bool startsText)
    {
        string text = startsText && stripsStart
            ? token.Replace(replacement.ToString(), "", StringComparison.Ordinal)
            : token.Replace(replacement, ' ');
        return Encoding.UTF8.GetBytes(text);
    }
}
