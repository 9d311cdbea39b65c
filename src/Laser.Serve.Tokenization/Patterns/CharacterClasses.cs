using System.Globalization;

namespace Laser.Serve.Tokenization.Patterns;

/// <summary>
/// The classes that patterns name, as Oniguruma and Rust's regex have them; the tests hold all of them to that.
/// </summary>
internal static class CharacterClasses
{
    private static readonly uint Letter = Bits(
        UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter,
        UnicodeCategory.ModifierLetter, UnicodeCategory.OtherLetter);

    private static readonly uint Mark = Bits(
        UnicodeCategory.NonSpacingMark, UnicodeCategory.SpacingCombiningMark, UnicodeCategory.EnclosingMark);

    private static readonly uint Number = Bits(
        UnicodeCategory.DecimalDigitNumber, UnicodeCategory.LetterNumber, UnicodeCategory.OtherNumber);

    private static readonly uint WordCategories = Letter | Mark | Bits(
        UnicodeCategory.LetterNumber, UnicodeCategory.DecimalDigitNumber, UnicodeCategory.ConnectorPunctuation);

    // Circled and squared letters are symbols by category and alphabetic all the same.
    private static readonly (int, int)[] AlphabeticSymbols =
        [(0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189)];

    private static readonly Dictionary<string, uint> Categories = new(StringComparer.Ordinal)
    {
        ["L"] = Letter,
        ["Lu"] = Bits(UnicodeCategory.UppercaseLetter),
        ["Ll"] = Bits(UnicodeCategory.LowercaseLetter),
        ["Lt"] = Bits(UnicodeCategory.TitlecaseLetter),
        ["Lm"] = Bits(UnicodeCategory.ModifierLetter),
        ["Lo"] = Bits(UnicodeCategory.OtherLetter),
        ["M"] = Mark,
        ["Mn"] = Bits(UnicodeCategory.NonSpacingMark),
        ["Mc"] = Bits(UnicodeCategory.SpacingCombiningMark),
        ["Me"] = Bits(UnicodeCategory.EnclosingMark),
        ["N"] = Number,
        ["Nd"] = Bits(UnicodeCategory.DecimalDigitNumber),
        ["Nl"] = Bits(UnicodeCategory.LetterNumber),
        ["No"] = Bits(UnicodeCategory.OtherNumber),
        ["P"] = Bits(
            UnicodeCategory.ConnectorPunctuation, UnicodeCategory.DashPunctuation, UnicodeCategory.OpenPunctuation,
            UnicodeCategory.ClosePunctuation, UnicodeCategory.InitialQuotePunctuation,
            UnicodeCategory.FinalQuotePunctuation, UnicodeCategory.OtherPunctuation),
        ["Pc"] = Bits(UnicodeCategory.ConnectorPunctuation),
        ["Pd"] = Bits(UnicodeCategory.DashPunctuation),
        ["Ps"] = Bits(UnicodeCategory.OpenPunctuation),
        ["Pe"] = Bits(UnicodeCategory.ClosePunctuation),
        ["Pi"] = Bits(UnicodeCategory.InitialQuotePunctuation),
        ["Pf"] = Bits(UnicodeCategory.FinalQuotePunctuation),
        ["Po"] = Bits(UnicodeCategory.OtherPunctuation),
        ["S"] = Bits(
            UnicodeCategory.MathSymbol, UnicodeCategory.CurrencySymbol, UnicodeCategory.ModifierSymbol,
            UnicodeCategory.OtherSymbol),
        ["Sm"] = Bits(UnicodeCategory.MathSymbol),
        ["Sc"] = Bits(UnicodeCategory.CurrencySymbol),
        ["Sk"] = Bits(UnicodeCategory.ModifierSymbol),
        ["So"] = Bits(UnicodeCategory.OtherSymbol),
        ["Z"] = Bits(
            UnicodeCategory.SpaceSeparator, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator),
        ["Zs"] = Bits(UnicodeCategory.SpaceSeparator),
        ["Zl"] = Bits(UnicodeCategory.LineSeparator),
        ["Zp"] = Bits(UnicodeCategory.ParagraphSeparator),
        ["Cc"] = Bits(UnicodeCategory.Control),
        ["Cf"] = Bits(UnicodeCategory.Format),
    };

    /// <summary><c>.</c>: all but line feed.</summary>
    public static CharacterSet AnyButLineFeed { get; } = CharacterSet.Single('\n').Negate();

    /// <summary><c>\s</c>: the property White_Space.</summary>
    public static CharacterSet WhiteSpace { get; } = new(ranges:
    [
        (0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
        (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
    ]);

    /// <summary><c>\d</c>.</summary>
    public static CharacterSet Digit { get; } = new(Bits(UnicodeCategory.DecimalDigitNumber));

    /// <summary>Decimal digits, letter numbers and other numbers.</summary>
    public static CharacterSet Numeric { get; } = new(Number);

    /// <summary><c>\w</c> of Rust's regex: alphabetic characters, marks, digits, connectors, joiners.</summary>
    public static CharacterSet Word { get; } = new(WordCategories, [.. AlphabeticSymbols, (0x200C, 0x200D)]);

    /// <summary><c>\w</c> of Oniguruma: no joiners, but the Latin-1 fractions and superscript digits.</summary>
    public static CharacterSet OnigurumaWord { get; } =
        new(WordCategories, [.. AlphabeticSymbols, (0xB2, 0xB3), (0xB9, 0xB9), (0xBC, 0xBE)]);

    /// <summary>The set that <c>\p{name}</c> names, if it is a general category.</summary>
    public static CharacterSet? FindProperty(string name)
    {
        return Categories.TryGetValue(name, out uint categories) ? new CharacterSet(categories) : null;
    }

    private static uint Bits(params ReadOnlySpan<UnicodeCategory> categories)
    {
        uint bits = 0;
        foreach (UnicodeCategory category in categories)
        {
            bits |= 1u << (int)category;
        }

        return bits;
    }
}
