namespace Laser.Serve.StructuredOutput.Tests.Patterns;

/// <summary>A random regular expression, in our syntax and in that of .NET.</summary>
internal sealed class RandomPattern(Random random)
{
    public const string Alphabet = "aabbc01 _-.\n\u00e9\u4f60";

    private static readonly (string Ours, string DotNet)[] Atoms =
    [
        ("a", "a"), ("b", "b"), ("c", "c"), ("-", "-"), ("\\.", "\\."), (".", "."), ("\\d", "[0-9]"), ("\\D", "[^0-9]"),
        ("\\w", "[0-9A-Za-z_]"), ("\\W", "[^0-9A-Za-z_]"), ("\\s", "\\s"), ("\\S", "\\S"), ("[abc]", "[abc]"),
        ("[^a]", "[^a]"), ("[a-c_]", "[a-c_]"), ("[^\\w]", "[^0-9A-Za-z_]"), ("[\\s\\d-]", "[\\s0-9-]"),
        ("\\u00e9", "\u00e9"), ("\\u{4f60}", "\u4f60"), ("[\u00e0-\u5000]", "[\u00e0-\u5000]"), ("\\x61", "a"),
        ("\\n", "\n"), ("[^\\n\u4f60]", "[^\n\u4f60]"),
    ];

    private static readonly string[] Quantifiers = ["*", "+", "?", "{2}", "{0,2}", "{1,3}", "{2,}", "*?", "+?", "{1,2}?"];

    public (string Ours, string DotNet) Next(int depth)
    {
        switch (depth == 0 ? 0 : random.Next(6))
        {
            case 0:
                return Atoms[random.Next(Atoms.Length)];
            case 1:
                (string ours, string dotNet) = Next(depth - 1);
                string quantifier = Quantifiers[random.Next(Quantifiers.Length)];
                return ($"(?:{ours}){quantifier}", $"(?:{dotNet}){quantifier}");
            case 2:
                return Join("|", depth);
            case 3:
                return random.Next(4) == 0 ? ("()", "(?:)") : Join("", depth);
            default:
                return Join("", depth);
        }
    }

    public string Text() => new(random.GetItems(Alphabet.AsSpan(), random.Next(8)));

    private (string Ours, string DotNet) Join(string separator, int depth)
    {
        (string ours, string dotNet) = Next(depth - 1);
        (string moreOurs, string moreDotNet) = Next(depth - 1);
        return ($"(?:{ours}{separator}{moreOurs})", $"(?:{dotNet}{separator}{moreDotNet})");
    }
}
