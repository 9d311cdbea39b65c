using System.Text;

namespace Laser.Serve.StructuredOutput.Tests;

public sealed class ConstraintCompilerTests
{
    private const string PersonSchema = """
        {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name"]}
        """;

    public static TheoryData<string, string> Hostile => new()
    {
        { "regex", "(a{1,1000}){1,1000}" },
        { "regex", "((((a{100}){100}){100}){100}){100}" },
        { "regex", "((((|){1000}){1000}){1000}){1000}" },
        { "regex", "(a|b)*a(a|b){40}" },
        { "regex", ".*(a.{500}|b.{499}c)" },
        { "regex", "a{65535}" },
        { "regex", string.Concat(Enumerable.Repeat("(a|b|c|)?", 5000)) + "x{200}(a|b)*a(a|b){20}" },
        { "json_schema", """{"type": "string", "maxLength": 100000000}""" },
        { "json_schema", """{"type": "array", "items": {"type": "string", "maxLength": 1000}, "maxItems": 1000}""" },
        { "json_schema", DoublingSchema(40) },
        { "json_schema", """{"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "prefixItems": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}]}, "b": {"type": "array", "prefixItems": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}}""" },
    };

    [Fact]
    public void Compile_Choices_AllowsExactlyThose()
    {
        string[] texts = ["yes", "yes, please", "no", "n", "", "\u00e9t\u00e9 \u4f60\U0001F600"];
        var compiler = new ConstraintCompiler(ListTokenizer.AllBytes());
        TokenConstraint constraint = compiler.Compile(ConstraintSpec.Choice(texts));

        Assert.Equal(texts.Order(StringComparer.Ordinal), AllTexts(constraint).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void MustEnd_ChoiceThatBeginsAnother_IsOnlyAtTheLongerOnesEnd()
    {
        var compiler = new ConstraintCompiler(ListTokenizer.Of("no", "t", "yes"));
        TokenConstraint constraint = compiler.Compile(ConstraintSpec.Choice(["no", "not"]));

        int no = constraint.Advance(constraint.StartState, 0);
        int not = constraint.Advance(no, 1);

        Assert.Equal([0], TokenWalk.Allowed(constraint, constraint.StartState));
        Assert.False(constraint.CanEnd(constraint.StartState));
        Assert.True(constraint.CanEnd(no));
        Assert.False(constraint.MustEnd(no));
        Assert.True(constraint.MustEnd(not));
        Assert.Empty(TokenWalk.Allowed(constraint, not));
    }

    [Fact]
    public void MustEnd_TextGoesOnButNoTokenDoes_IsTrue()
    {
        var compiler = new ConstraintCompiler(ListTokenizer.Of("no"));
        TokenConstraint constraint = compiler.Compile(ConstraintSpec.Choice(["no", "not"]));

        Assert.True(constraint.MustEnd(constraint.Advance(constraint.StartState, 0)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void Compile_NumberOfChoices_IsLimited(int count)
    {
        ConstraintException exception = Refused(ConstraintSpec.Choice(Enumerable.Repeat("a", count)));

        Assert.Equal($"choice: {count} texts; there must be 1 to 1024", exception.Message);
    }

    [Fact]
    public void Compile_ChoiceWithLoneSurrogate_IsRefused()
    {
        Assert.Equal(
            "choice: text 1: a surrogate without its partner", Refused(ConstraintSpec.Choice(["a", "\ud83d"])).Message);
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Compile_HostilePattern_IsRefusedAsTooLarge(string kind, string pattern)
    {
        ConstraintSpec spec = kind == "regex" ? ConstraintSpec.Regex(pattern) : ConstraintSpec.JsonSchema(pattern);

        Assert.Matches($"^{kind}: .*too large", Refused(spec).Message);
    }

    [Fact]
    public void Compile_LongPattern_IsRefusedUnread()
    {
        Assert.Equal(
            "regex: longer than 65536 characters", Refused(ConstraintSpec.Regex(new string('(', 65_537))).Message);
    }

    [Fact]
    public void Compile_NoTextFits_IsRefused()
    {
        Assert.Equal("regex: no text fits it", Refused(ConstraintSpec.Regex("a[^\\s\\S]")).Message);
        Assert.Equal("json_schema: #: no text fits it", Refused(ConstraintSpec.JsonSchema("false")).Message);
    }

    [Fact]
    public void Compile_TokensCannotSpellIt_IsRefused()
    {
        var compiler = new ConstraintCompiler(ListTokenizer.Of("ab", "c"));

        ConstraintException exception = Assert.Throws<ConstraintException>(
            () => compiler.Compile(ConstraintSpec.Regex("(ab)*a")));

        Assert.Equal("regex: the tokens of this model cannot spell a text that fits it", exception.Message);
    }

    [Fact]
    public void Compile_SameSpecAgain_IsTheSameObject()
    {
        var compiler = new ConstraintCompiler(TestTokenizers.Tales);

        TokenConstraint first = compiler.Compile(ConstraintSpec.JsonSchema(PersonSchema));
        TokenConstraint choice = compiler.Compile(ConstraintSpec.Choice(["a", "b"]));

        Assert.Same(first, compiler.Compile(ConstraintSpec.JsonSchema(new string(PersonSchema))));
        Assert.Same(choice, compiler.Compile(ConstraintSpec.Choice(["a", "b"])));
        Assert.NotSame(choice, compiler.Compile(ConstraintSpec.Choice(["ab"])));
        Assert.NotSame(compiler.Compile(ConstraintSpec.Regex("a")), compiler.Compile(ConstraintSpec.Choice(["a"])));
        Assert.Equal((2, 5, 5), (compiler.Statistics.Hits, compiler.Statistics.Misses, compiler.Statistics.Constraints));
    }

    [Fact]
    public void Compile_CacheFull_LetsTheOneUsedLongestAgoGo()
    {
        string[] patterns = ["a{100}", "b{100}", "c{100}"];
        long size = SizeOfOne();
        var compiler = new ConstraintCompiler(
            ListTokenizer.AllBytes(), new ConstraintLimits { MaxCachedBytes = (2 * size) + (size / 2) });

        TokenConstraint[] first = [.. patterns.Take(2).Select(pattern => compiler.Compile(ConstraintSpec.Regex(pattern)))];
        compiler.Compile(ConstraintSpec.Regex(patterns[0]));
        compiler.Compile(ConstraintSpec.Regex(patterns[2]));

        Assert.Equal(2, compiler.Statistics.Constraints);
        Assert.InRange(compiler.Statistics.ConstraintBytes, 1, 2 * size);
        Assert.Same(first[0], compiler.Compile(ConstraintSpec.Regex(patterns[0])));
        Assert.NotSame(first[1], compiler.Compile(ConstraintSpec.Regex(patterns[1])));

        long SizeOfOne()
        {
            var probe = new ConstraintCompiler(ListTokenizer.AllBytes());
            probe.Compile(ConstraintSpec.Regex(patterns[0]));
            return probe.Statistics.ConstraintBytes;
        }
    }

    [Fact]
    public void Compile_Refused_IsNotKept()
    {
        var compiler = new ConstraintCompiler(ListTokenizer.AllBytes());

        Assert.Throws<ConstraintException>(() => compiler.Compile(ConstraintSpec.Regex("(")));
        Assert.Throws<ConstraintException>(() => compiler.Compile(ConstraintSpec.Regex("(")));

        Assert.Equal(new ConstraintStatistics(0, 2, 0, 0, 0), compiler.Statistics);
    }

    [Fact]
    public async Task Compile_ManyThreads_AgreeOnObjectsAndMasks()
    {
        var compiler = new ConstraintCompiler(TestTokenizers.Tales, new ConstraintLimits { MaxMaskBytes = 4096 });
        ConstraintSpec[] specs = [.. Enumerable.Range(0, 8).Select(i => ConstraintSpec.Regex($"[a-z ]{{1,{i + 3}}}\\."))];
        ulong[][] expected = [.. specs.Select(spec => FirstMasks(new ConstraintCompiler(TestTokenizers.Tales).Compile(spec)))];
        using var start = new Barrier(8);

        (TokenConstraint[] Objects, ulong[][] Masks)[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    TokenConstraint[] objects = [.. specs.Select(compiler.Compile)];
                    return (objects, objects.Select(FirstMasks).ToArray());
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));

        Assert.All(results, result => Assert.Equal(results[0].Objects, result.Objects));
        Assert.All(results, result => Assert.Equal(expected, result.Masks));
        Assert.Equal((8, 56), (compiler.Statistics.Misses, compiler.Statistics.Hits));
        Assert.InRange(compiler.Statistics.MaskBytes, 1, 4096);
    }

    // Follows the first allowed token, so that several states are asked.
    private static ulong[] FirstMasks(TokenConstraint constraint)
    {
        var masks = new List<ulong>();
        for (int state = constraint.StartState; !constraint.MustEnd(state);)
        {
            masks.AddRange(constraint.AllowedTokens(state));
            state = constraint.Advance(state, TokenWalk.Allowed(constraint, state)[0]);
        }

        return [.. masks];
    }

    private static List<string> AllTexts(TokenConstraint constraint)
    {
        var texts = new List<string>();
        Follow(constraint.StartState, []);
        return texts;

        void Follow(int state, byte[] bytes)
        {
            if (constraint.CanEnd(state))
            {
                texts.Add(Encoding.UTF8.GetString(bytes));
            }

            foreach (int id in TokenWalk.Allowed(constraint, state))
            {
                Follow(constraint.Advance(state, id), [.. bytes, (byte)id]);
            }
        }
    }

    private static string DoublingSchema(int depth)
    {
        IEnumerable<string> definitions = Enumerable.Range(0, depth).Select(i =>
            $$"""
            "d{{i}}": {"type": "array", "prefixItems": [{"$ref": "#/$defs/d{{i + 1}}"}, {"$ref": "#/$defs/d{{i + 1}}"}]}
            """);
        return $$$"""
            {"$ref": "#/$defs/d0", "$defs": { {{{string.Join(",", definitions)}}}, "d{{{depth}}}": {"type": "null"} } }
            """;
    }

    private static ConstraintException Refused(ConstraintSpec spec)
    {
        return Assert.Throws<ConstraintException>(() => new ConstraintCompiler(ListTokenizer.AllBytes()).Compile(spec));
    }
}
