namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>Lower case, character by character: no final sigma, no language.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public bool KeepsStart => true;

    public string Normalize(string text)
    {
        // The one character whose lower case is two; .NET's simple mapping leaves it as it is.
        return text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);
    }
}
