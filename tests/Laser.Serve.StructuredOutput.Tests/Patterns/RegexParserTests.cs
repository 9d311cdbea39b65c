namespace Laser.Serve.StructuredOutput.Tests.Patterns;

public sealed class RegexParserTests
{
    [Theory]
    [InlineData("a(?=b)", "offset 1: lookaround")]
    [InlineData("a(?<!b)", "offset 1: lookaround")]
    [InlineData("(?<name>b)", "offset 0: of groups only")]
    [InlineData("(?i)a", "offset 0: of groups only")]
    [InlineData("(a)\\1", "offset 3: back references")]
    [InlineData("\\k<n>", "offset 0: back references")]
    [InlineData("\\01", "offset 0: back references and octal")]
    [InlineData("\\bword", "offset 0: word boundaries")]
    [InlineData("ab\\p{L}", "offset 2: Unicode properties")]
    [InlineData("\\Aab", "offset 0: anchors other")]
    [InlineData("\\q", "offset 0: the escape '\\q'")]
    [InlineData("a++", "offset 1: possessive")]
    [InlineData("a{2}{3}", "offset 1: possessive and repeated")]
    [InlineData("a^b", "offset 1: '^'")]
    [InlineData("(^a)", "offset 1: '^'")]
    [InlineData("a$b", "offset 1: '$'")]
    [InlineData("(a$)", "offset 2: '$'")]
    [InlineData("*a", "offset 0: nothing to repeat")]
    [InlineData("^*", "offset 1: nothing to repeat")]
    [InlineData("a{", "offset 1: '{' must be escaped")]
    [InlineData("{a}", "offset 0: '{' must be escaped")]
    [InlineData("a{,3}", "offset 1: '{' must be escaped")]
    [InlineData("a{3,1}", "offset 1: counts must ascend")]
    [InlineData("a{99999}", "offset 1: counts must ascend")]
    [InlineData("a{1", "offset 3: '}' expected")]
    [InlineData("(a", "offset 2: ')' expected")]
    [InlineData("a)", "offset 1: ')' without")]
    [InlineData("[a", "offset 2: the pattern ends")]
    [InlineData("[]a]", "offset 0: a class must have members")]
    [InlineData("[z-a]", "offset 1: a range must ascend")]
    [InlineData("[a-\\d]", "offset 1: a range must ascend")]
    [InlineData("[\\d-z]", "offset 1: a class cannot begin a range")]
    [InlineData("[[:alpha:]]", "offset 1: '[' must be escaped")]
    [InlineData("[a&&b]", "offset 2: '&' must be escaped")]
    [InlineData("\\ud800", "offset 0: not a Unicode character")]
    [InlineData("\\u{110000}", "offset 0: not a Unicode character")]
    [InlineData("\\u12", "hexadecimal digits expected")]
    [InlineData("a\\", "offset 2: the pattern ends")]
    public void Compile_PatternNotSupported_SaysWhatAndWhere(string pattern, string problem)
    {
        ConstraintException exception = Assert.Throws<ConstraintException>(() => Languages.Regex(pattern));

        Assert.StartsWith("regex: offset ", exception.Message);
        Assert.Contains(problem, exception.Message);
        Assert.Equal("regex", exception.Kind);
        Assert.StartsWith("offset ", exception.Place);
    }

    [Fact]
    public void Compile_SurrogateWithoutPartner_IsRefused()
    {
        ConstraintException exception = Assert.Throws<ConstraintException>(() => Languages.Regex("a\ud83d"));

        Assert.Equal("regex: offset 1: a surrogate without its partner", exception.Message);
    }

    [Fact]
    public void Compile_DeepNesting_IsAnErrorAndNoOverflow()
    {
        Assert.Throws<ConstraintException>(
            () => Languages.Regex(new string('(', 100_000) + "a" + new string(')', 100_000)));
    }
}
