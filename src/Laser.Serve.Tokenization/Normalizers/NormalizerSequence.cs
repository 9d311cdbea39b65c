namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>One normalizer after another.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> normalizers) : INormalizer
{
    public bool KeepsStart => normalizers.All(normalizer => normalizer.KeepsStart);

    public string Normalize(string text)
    {
        foreach (INormalizer normalizer in normalizers)
        {
            text = normalizer.Normalize(text);
        }

        return text;
    }
}
