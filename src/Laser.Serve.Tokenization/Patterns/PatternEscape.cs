using System.Globalization;
using System.Text;

namespace Laser.Serve.Tokenization.Patterns;

/// <summary>What a backslash and the characters after it stand for: a set, or one character.</summary>
internal readonly record struct PatternEscape(CharacterSet? Set, int Character)
{
    /// <summary>Reads on behind the backslash.</summary>
    public static PatternEscape Read(PatternReader reader, bool ignoreCase)
    {
        int c = reader.Take();
        return c switch
        {
            's' => new PatternEscape(CharacterClasses.WhiteSpace, 0),
            'S' => new PatternEscape(CharacterClasses.WhiteSpace.Negate(), 0),
            'd' => new PatternEscape(CharacterClasses.Digit, 0),
            'D' => new PatternEscape(CharacterClasses.Digit.Negate(), 0),
            'w' => new PatternEscape(CharacterClasses.OnigurumaWord, 0),
            'W' => new PatternEscape(CharacterClasses.OnigurumaWord.Negate(), 0),
            'p' or 'P' when ignoreCase => throw reader.Error("\\p{} where case is ignored is not supported"),
            'p' or 'P' => new PatternEscape(ReadProperty(reader, negated: c == 'P'), 0),
            't' => new PatternEscape(null, '\t'),
            'n' => new PatternEscape(null, '\n'),
            'v' => new PatternEscape(null, '\v'),
            'f' => new PatternEscape(null, '\f'),
            'r' => new PatternEscape(null, '\r'),
            'x' when reader.TryTake('{') => new PatternEscape(null, ReadHex(reader, reader.TakeUntil('}'))),
            'x' => new PatternEscape(null, ReadHexByte(reader)),
            'u' => new PatternEscape(null, ReadHex(reader, reader.TakeHex(4))),
            _ when c < 128 && !char.IsAsciiLetterOrDigit((char)c) => new PatternEscape(null, c),
            _ => throw reader.Error("escape that is not supported"),
        };
    }

    private static CharacterSet ReadProperty(PatternReader reader, bool negated)
    {
        reader.Expect('{');
        negated ^= reader.TryTake('^');
        string name = reader.TakeUntil('}');
        CharacterSet set = CharacterClasses.FindProperty(name)
            ?? throw reader.Error("\\p{} of a property that is not supported");
        return negated ? set.Negate() : set;
    }

    // Oniguruma reads \x80 to \xff as raw bytes, not as characters.
    private static int ReadHexByte(PatternReader reader)
    {
        int value = ReadHex(reader, reader.TakeHex(2));
        return value < 0x80 ? value : throw reader.Error("\\x of a raw byte is not supported");
    }

    private static int ReadHex(PatternReader reader, string digits)
    {
        return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            && Rune.IsValid(value)
            ? value
            : throw reader.Error("hexadecimal character expected");
    }
}
