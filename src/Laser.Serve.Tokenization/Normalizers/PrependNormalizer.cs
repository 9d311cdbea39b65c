namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>Puts a string before a text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    public bool KeepsStart => true;

    public string Normalize(string text)
    {
        return text.Length == 0 ? text : prefix + text;
    }
}
