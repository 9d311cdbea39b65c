namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>Drops white space from the ends of a text.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public bool KeepsStart => !left;

    public string Normalize(string text)
    {
        string result = left ? text.TrimStart() : text;
        return right ? result.TrimEnd() : result;
    }
}
