namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>
/// Korean syllables and the letters they are made of, by the arithmetic of the Unicode standard, chapter 3.12.
/// </summary>
internal static class Hangul
{
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TrailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TrailCount;

    /// <summary>Adds the letters of a syllable, or any other character as it is.</summary>
    public static void Decompose(int scalar, List<int> output)
    {
        int index = scalar - SyllableBase;
        if (index is < 0 or >= SyllableCount)
        {
            output.Add(scalar);
            return;
        }

        output.Add(LeadBase + (index / (VowelCount * TrailCount)));
        output.Add(VowelBase + (index / TrailCount % VowelCount));
        int trail = index % TrailCount;
        if (trail > 0)
        {
            output.Add(TrailBase + trail);
        }
    }

    public static bool TryCompose(int first, int second, out int composed)
    {
        if (first - LeadBase is >= 0 and < LeadCount && second - VowelBase is >= 0 and < VowelCount)
        {
            composed = SyllableBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TrailCount);
            return true;
        }

        int index = first - SyllableBase;
        composed = first + second - TrailBase;
        return index is >= 0 and < SyllableCount
            && index % TrailCount == 0
            && second - TrailBase is > 0 and < TrailCount;
    }
}
