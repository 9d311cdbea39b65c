using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.StructuredOutput.Tests.Patterns;
using Laser.Serve.StructuredOutput.Tokens;
using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tests.Tokens;

public sealed class AutomatonConstraintTests
{
    private const string ToolSchema = """
        {"type": "object", "required": ["tool", "count"], "properties": {
          "tool": {"enum": ["search", "open", "\u4f60\u597d"]},
          "count": {"type": "integer", "minimum": 1, "maximum": 20},
          "note": {"type": ["string", "null"], "maxLength": 8}}}
        """;

    private static readonly ConstraintSpec[] Specs =
    [
        ConstraintSpec.Choice(["yes", "no", " yes", " no way", "\u00e9t\u00e9", "\U0001F600"]),
        ConstraintSpec.Regex("[A-Z][a-z]+( [a-z]+){0,5}[.!?]"),
        ConstraintSpec.Regex("(?:.|\\n){0,40}"),
        ConstraintSpec.JsonSchema(ToolSchema),
        ConstraintSpec.JsonSchema("{}"),
    ];

    public static TheoryData<string> TokenizerNames => TestTokenizers.Names;

    [Theory]
    [MemberData(nameof(TokenizerNames))]
    public void AllowedTokens_AllTokenizers_AreThoseWhoseBytesFit(string name)
    {
        ITokenizer tokenizer = TestTokenizers.Get(name);
        var compiler = new ConstraintCompiler(tokenizer);
        var random = new Random(8);
        int compiled = 0;
        foreach (ConstraintSpec spec in Specs)
        {
            TokenConstraint constraint;
            try
            {
                constraint = compiler.Compile(spec);
            }
            catch (ConstraintException exception) when (exception.Message.Contains("cannot spell"))
            {
                continue;
            }

            compiled++;
            bool[] live = TokenReach.Find(
                ((AutomatonConstraint)constraint).Automaton,
                new TokenTrie(tokenizer),
                new CompileBudget(new ConstraintLimits(), SpecPlace.Regex));
            for (int walk = 0; walk < 5; walk++)
            {
                CheckWalk(constraint, live, tokenizer, random);
            }
        }

        // Two tokenizers have no tokens for single bytes; one of them puts a space before each token.
        Assert.Equal(name switch { "plain" => 1, "metaspace-always" => 4, _ => Specs.Length }, compiled);
    }

    [Theory]
    [MemberData(nameof(TokenizerNames))]
    public void AllowedTokens_AllTokenizers_LeadToTextsThatFit(string name)
    {
        ITokenizer tokenizer = TestTokenizers.Get(name);
        TokenConstraint constraint = new ConstraintCompiler(tokenizer).Compile(ConstraintSpec.Regex("[ a-z,.]{3,50}"));
        var walk = new TokenWalk(constraint, tokenizer, new Random(9));
        for (int i = 0; i < 50; i++)
        {
            Assert.Matches("^[ a-z,.]{3,50}$", walk.GenerateText(20));
        }
    }

    [Fact]
    public void Advance_CharacterInPartsOfTokens_EndsOnlyWhereItIsWhole()
    {
        var tokenizer = new ListTokenizer([0xF0, 0x9F], [0x98], [0x80, (byte)'a'], [0x80], [0xF0], [0x9F, 0x98, 0x81], null);
        TokenConstraint constraint = new ConstraintCompiler(tokenizer).Compile(ConstraintSpec.Regex("[\U0001F600-\U0001F64F]a?"));

        int start = constraint.StartState;
        int half = constraint.Advance(start, 0);
        int almost = constraint.Advance(half, 1);

        Assert.Equal([0, 4], TokenWalk.Allowed(constraint, start));
        Assert.Equal([1], TokenWalk.Allowed(constraint, half));
        Assert.Equal([1, 2, 3], TokenWalk.Allowed(constraint, almost));
        Assert.False(constraint.CanEnd(half) || constraint.CanEnd(almost));
        Assert.True(constraint.MustEnd(constraint.Advance(almost, 2)));
        Assert.True(constraint.CanEnd(constraint.Advance(constraint.Advance(start, 4), 5)));
    }

    [Fact]
    public void Advance_TokenNotAllowed_IsAnError()
    {
        var tokenizer = new ListTokenizer("a"u8.ToArray(), "b"u8.ToArray(), null);
        TokenConstraint constraint = new ConstraintCompiler(tokenizer).Compile(ConstraintSpec.Regex("a"));

        Assert.Throws<ArgumentException>(() => constraint.Advance(constraint.StartState, 1));
        Assert.Throws<ArgumentException>(() => constraint.Advance(constraint.StartState, 2));
        Assert.Throws<ArgumentException>(() => constraint.Advance(constraint.StartState, 3));
    }

    [Fact]
    public void AllowedTokens_SpecialTokenWithFittingBytes_IsNotAmongThem()
    {
        var tokenizer = new ListTokenizer(null, "<s>"u8.ToArray(), []);
        TokenConstraint constraint = new ConstraintCompiler(tokenizer).Compile(ConstraintSpec.Regex("(<s>)*"));

        Assert.Equal([1], TokenWalk.Allowed(constraint, constraint.StartState));
    }

    [Fact]
    public void AllowedTokens_TokenizersThatLackBytes_NeverLeadIntoADeadEnd()
    {
        var random = new Random(10);
        var patterns = new RandomPattern(random);
        int pruned = 0;
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            var tokenizer = ListTokenizer.Of(Enumerable.Range(0, 8).Select(_ => RandomToken(random)));
            string pattern = patterns.Next(4).Ours;
            HashSet<int> live = LiveByTokens(pattern, tokenizer);
            var compiler = new ConstraintCompiler(tokenizer);
            if (!live.Contains(0))
            {
                Assert.Throws<ConstraintException>(() => compiler.Compile(ConstraintSpec.Regex(pattern)));
                refused++;
                continue;
            }

            pruned += CheckAllStates(compiler.Compile(ConstraintSpec.Regex(pattern)), tokenizer, live, pattern);
        }

        Assert.True(pruned > 100 && refused > 10, $"{pruned} and {refused}");
    }

    [Fact]
    public void AllowedTokens_LittleMemoryForMasks_AreTheSame()
    {
        ITokenizer tokenizer = TestTokenizers.Tales;
        var large = new ConstraintCompiler(tokenizer);
        foreach (long bytes in new long[] { 0, 100, 2000 })
        {
            var small = new ConstraintCompiler(tokenizer, new ConstraintLimits { MaxMaskBytes = bytes });
            TokenConstraint expected = large.Compile(Specs[3]);
            TokenConstraint constraint = small.Compile(Specs[3]);
            for (int state = 0; state < 40; state++)
            {
                Assert.Equal(expected.AllowedTokens(state), constraint.AllowedTokens(state));
                Assert.InRange(small.Statistics.MaskBytes, 0, bytes);
            }
        }
    }

    private static void CheckWalk(TokenConstraint constraint, bool[] live, ITokenizer tokenizer, Random random)
    {
        Automaton automaton = ((AutomatonConstraint)constraint).Automaton;
        int state = constraint.StartState;
        for (int step = 0; step < 12 && !constraint.MustEnd(state); step++)
        {
            int[] allowed = TokenWalk.Allowed(constraint, state);
            Assert.Equal(Enumerable.Range(0, tokenizer.VocabularySize).Where(Fits), allowed);
            state = constraint.Advance(state, allowed[random.Next(allowed.Length)]);
        }

        bool Fits(int id)
        {
            ReadOnlySpan<byte> bytes = tokenizer.TokenBytes(id);
            int next = automaton.Walk(state, bytes);
            return !tokenizer.IsSpecial(id) && !bytes.IsEmpty && next != Automaton.Dead && live[next];
        }
    }

    private static string RandomToken(Random random)
    {
        return new string(random.GetItems(RandomPattern.Alphabet.AsSpan(), random.Next(1, 4)));
    }

    // States from which an end can be reached by whole tokens: a fixed point, with no regard to cost.
    private static HashSet<int> LiveByTokens(string pattern, ListTokenizer tokenizer)
    {
        Automaton automaton = Languages.Regex(pattern);
        HashSet<int> live = [.. Enumerable.Range(0, automaton.StateCount).Where(automaton.IsAccepting)];
        for (int before = -1; before != live.Count;)
        {
            before = live.Count;
            for (int state = 0; state < automaton.StateCount; state++)
            {
                if (Enumerable.Range(0, tokenizer.VocabularySize)
                    .Any(id => live.Contains(automaton.Walk(state, tokenizer.TokenBytes(id)))))
                {
                    live.Add(state);
                }
            }
        }

        return live;
    }

    private static int CheckAllStates(TokenConstraint constraint, ListTokenizer tokenizer, HashSet<int> live, string pattern)
    {
        Automaton automaton = Languages.Regex(pattern);
        int pruned = 0;
        foreach (int state in live)
        {
            int[] expected = [.. Enumerable.Range(0, tokenizer.VocabularySize)
                .Where(id => live.Contains(automaton.Walk(state, tokenizer.TokenBytes(id))))];
            Assert.Equal(expected, TokenWalk.Allowed(constraint, state));
            Assert.True(constraint.CanEnd(state) || expected.Length > 0, pattern);
            Assert.Equal(constraint.CanEnd(state) && expected.Length == 0, constraint.MustEnd(state));
            pruned += Enumerable.Range(0, tokenizer.VocabularySize)
                .Count(id => automaton.Walk(state, tokenizer.TokenBytes(id)) is >= 0 and int next && !live.Contains(next));
        }

        return pruned;
    }
}
