using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Patterns;

/// <summary>The character classes of ECMAScript, which JSON Schema takes its patterns from.</summary>
internal static class RegexClasses
{
    public static ScalarSet Digit { get; } = ScalarSet.Of(('0', '9'));

    public static ScalarSet Word { get; } = ScalarSet.Of(('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_'));

    /// <summary>WhiteSpace and LineTerminator of ECMA-262: all of category Zs, tab to carriage return, U+FEFF.</summary>
    public static ScalarSet Space { get; } = ScalarSet.Of(
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
        (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>What the dot stands for: all but line terminators.</summary>
    public static ScalarSet Dot { get; } = ScalarSet.OfCharacters("\n\r\u2028\u2029").Complement();
}
