using System.Text.RegularExpressions;
using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.Tests.Patterns;

public sealed class RegexPatternTests
{
    [Theory]
    [InlineData("(", "unexpected end|')' expected")]
    [InlineData("a)", "unmatched ')'")]
    [InlineData("[a", "unexpected end")]
    [InlineData("[]", "empty class")]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("a{1,2}+", "dialects")]
    [InlineData("a{2}?", "dialects")]
    [InlineData("a{", "'{' that begins no repetition")]
    [InlineData("a{2,1}", "must ascend")]
    [InlineData("a{9999}", "must ascend")]
    [InlineData("(?:(?:ab){999}){999}", "too long")]
    [InlineData("(a*)*", "may be empty")]
    [InlineData("(?<=a)b", "kind that is not supported")]
    [InlineData("(?i)a", "':' expected")]
    [InlineData("\\bword", "escape")]
    [InlineData("(a)\\1", "escape")]
    [InlineData("\\h", "escape")]
    [InlineData("\\p{Han}", "property")]
    [InlineData("\\p{", "'}' expected")]
    [InlineData("\\x{110000}", "hexadecimal")]
    [InlineData("\\ud800", "hexadecimal")]
    [InlineData("\\xff", "raw byte")]
    [InlineData("[z-a]", "does not ascend")]
    [InlineData("[+-[b]]", "must be escaped")]
    [InlineData("[[:alpha:]]", "POSIX")]
    [InlineData("[a&b]", "must be escaped")]
    [InlineData("(?i:\u00e9)", "not ASCII")]
    [InlineData("(?i:ss)", "joins")]
    [InlineData("(?i:[a-z])", "ignores case")]
    [InlineData("(?i:\\p{Lu})", "case is ignored")]
    public void Constructor_PatternNotSupported_SaysWhatAndWhere(string pattern, string problem)
    {
        PatternSyntaxException exception = Assert.Throws<PatternSyntaxException>(() => new RegexPattern(pattern));

        Assert.Matches(string.Join('|', problem.Split('|').Select(Regex.Escape)), exception.Message);
        Assert.Matches("at offset [0-9]+ of the regular expression$", exception.Message);
    }

    [Fact]
    public void Constructor_DeepNesting_IsAnErrorAndNoOverflow()
    {
        string groups = new string('(', 100_000) + "a" + new string(')', 100_000);
        string classes = new string('[', 100_000) + "a" + new string(']', 100_000);

        Assert.Throws<PatternSyntaxException>(() => new RegexPattern(groups));
        Assert.Throws<PatternSyntaxException>(() => new RegexPattern(classes));
    }

    [Theory]
    [InlineData(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    [InlineData(@"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    [InlineData(@"a+?b|(?:ab){2,3}?|(?>a|ab)c|[^a-c]+|(?:a|b)*c|a??b|.")]
    public void FindMatches_BasicPlane_AgreesWithDotNet(string pattern)
    {
        var regex = new Regex(pattern);
        var ours = new RegexPattern(pattern);
        const string Alphabet = "aabbcABC  \n\r\t12'st\u00e9\u4f60\u3000-.";
        var random = new Random(11);
        for (int i = 0; i < 3000; i++)
        {
            string text = new(random.GetItems(Alphabet.AsSpan(), random.Next(25)));
            var matches = new List<PatternMatch>();
            ours.FindMatches(text, matches);

            Assert.Equal(
                regex.Matches(text).Select(match => (match.Index, match.Index + match.Length)),
                matches.Where(match => match.IsMatch).Select(match => (match.Start, match.End)));
        }
    }

    [Fact]
    public void FindMatches_LettersOutsideTheBasicPlane_AreLettersUnlikeInDotNet()
    {
        const string Text = "a\U0001D400\U00010400\U00020000b\U0001F600";
        var matches = new List<PatternMatch>();
        new RegexPattern(@"\p{L}+").FindMatches(Text, matches);

        Assert.Equal([new PatternMatch(0, 8, true), new PatternMatch(8, 10, false)], matches);
        Assert.Equal(2, Regex.Count(Text, @"\p{L}+"));
    }

    [Fact]
    public void FindMatches_GroupRepeatedAMillionTimes_NeedsNoDeepStack()
    {
        var matches = new List<PatternMatch>();
        new RegexPattern("(?:ab|c)*d|(?:ab|c)+").FindMatches(new string('c', 1_000_000), matches);

        Assert.Equal([new PatternMatch(0, 1_000_000, true)], matches);
    }
}
