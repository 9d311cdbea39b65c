namespace Laser.Serve.Tokenization.Patterns;

/// <summary>
/// What ASCII characters match when case is ignored; tokenizers ignore it for English contractions only.
/// </summary>
internal static class CaseFolding
{
    private const int LongS = 0x17F;
    private const int KelvinSign = 0x212A;

    /// <summary>The character in all its cases.</summary>
    public static CharacterSet Fold(int scalar, PatternReader reader)
    {
        if (scalar >= 128)
        {
            throw reader.Error("ignoring the case of a character that is not ASCII is not supported");
        }

        if (!char.IsAsciiLetter((char)scalar))
        {
            return CharacterSet.Single(scalar);
        }

        int lower = scalar | 0x20;
        int upper = scalar & ~0x20;
        return lower switch
        {
            's' => new CharacterSet(ranges: [(lower, lower), (upper, upper), (LongS, LongS)]),
            'k' => new CharacterSet(ranges: [(lower, lower), (upper, upper), (KelvinSign, KelvinSign)]),
            _ => new CharacterSet(ranges: [(lower, lower), (upper, upper)]),
        };
    }

    /// <summary>Whether two letters together also match one character, as "ss" does the German sharp s.</summary>
    public static bool JoinsInto(int first, int second)
    {
        return (first | 0x20, second | 0x20) is ('s', 's' or 't') or ('f', 'f' or 'i' or 'l');
    }
}
