using System.Text;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Output;

public class OutputTextTests
{
    [Fact]
    public void Append_PartsOfACharacter_AreHeldBack()
    {
        OutputText text = CreateText();

        string[] parts = [.. FakeTokenizer.Tokens("a\u20ac\U0001F600").Select(token => text.Append([token]))];

        Assert.Equal(["a", "", "", "\u20ac", "", "", "", "\U0001F600"], parts);
        Assert.Equal("", text.End());
    }

    [Fact]
    public void End_UnfinishedCharacter_BecomesTheReplacementCharacter()
    {
        OutputText text = CreateText();

        Assert.Equal("a", text.Append([(byte)'a', 0xE2, 0x82]));
        Assert.Equal("\uFFFD", text.End());
    }

    [Fact]
    public void Append_PossibleStopString_IsHeldBackUntilItIsNone()
    {
        OutputText text = CreateText("</s>");

        string[] parts = [.. FakeTokenizer.Tokens("x</p>").Select(token => text.Append([token]))];

        Assert.Equal(["x", "", "", "</p", ">"], parts);
    }

    [Fact]
    public void Append_StopString_EndsTheText()
    {
        OutputText text = CreateText("</s>");

        Assert.Equal("one", text.Append(FakeTokenizer.Tokens("one</")));
        Assert.Equal("", text.Append(FakeTokenizer.Tokens("s> two")));
        Assert.Equal("", text.End());
    }

    [Fact]
    public void Append_StopStringIncluded_EndsTheTextBehindItAndHoldsNothingBack()
    {
        var tokenizer = new FakeTokenizer("></s>more");
        GenerationRequest request = Request(FakeTokenizer.Tokens("p")) with { IncludeStop = true };
        var text = new OutputText(tokenizer, request, new StopStrings(["</s>"]));

        Assert.Equal("one<", text.Append(FakeTokenizer.Tokens("one<")));
        Assert.Equal("></s>", text.Append([256]));
        Assert.Equal("", text.Append(FakeTokenizer.Tokens("two")));
        Assert.Equal("", text.End());
    }

    [Fact]
    public void Append_MinTokens_CutsAtTheSameStopStringAsTheEngine()
    {
        GenerationRequest request = Request(FakeTokenizer.Tokens("p")) with { MinTokens = 3 };
        var text = new OutputText(new FakeTokenizer(), request, new StopStrings(["ab"]));

        Assert.Equal("abab", text.Append(FakeTokenizer.Tokens("abab")));
        Assert.Equal("x", text.Append(FakeTokenizer.Tokens("xab")));
        Assert.Equal("", text.End());
    }

    [Theory]
    [InlineData(true, " one")]
    [InlineData(false, "<|end|> one")]
    public void Append_SpecialTokens_AreTextIfWanted(bool skips, string expected)
    {
        GenerationRequest request = Request(FakeTokenizer.Tokens("p")) with { SkipSpecialTokens = skips };
        var text = new OutputText(new FakeTokenizer("<|end|>"), request, new StopStrings([]));

        Assert.Equal(expected, text.Append([256, .. FakeTokenizer.Tokens(" one")]));
    }

    [Fact]
    public void End_PossibleStopString_IsPartOfTheText()
    {
        OutputText text = CreateText("</s>");

        Assert.Equal("one", text.Append(FakeTokenizer.Tokens("one</s")));
        Assert.Equal("</s", text.End());
    }

    [Fact]
    public void Append_StopStringInsideAToken_CutsTheToken()
    {
        var tokenizer = new FakeTokenizer("first.\n\nsecond");
        var text = new OutputText(tokenizer, Request(FakeTokenizer.Tokens("p")), new StopStrings(["\n\n"]));

        Assert.Equal("first.", text.Append([256]));
        Assert.Equal("", text.End());
    }

    [Theory]
    [InlineData(true, "", "world")]
    [InlineData(true, "hello", " world")]
    [InlineData(false, "", " world")]
    public void Append_LeadingSpace_IsDroppedAtTheStartOfATextOnly(bool strips, string prompt, string expected)
    {
        var tokenizer = new FakeTokenizer("<|begin|>") { StripsLeadingSpace = strips };
        const int BeginOfSequence = 256;
        GenerationRequest request = Request([BeginOfSequence, .. FakeTokenizer.Tokens(prompt)]);
        var text = new OutputText(tokenizer, request, new StopStrings([]));

        Assert.Equal(expected, text.Append([BeginOfSequence, .. FakeTokenizer.Tokens(" world")]));
    }

    [Fact]
    public void Append_RandomTokens_GiveTheTextUpToTheFirstStopString()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            IEnumerable<int> numbers = Enumerable.Range(0, random.Next(4));
            string[] stops = [.. numbers.Select(_ => RandomText(random, random.Next(1, 5)))];
            string whole = RandomText(random, random.Next(40));
            var text = new OutputText(new FakeTokenizer(), Request([65]), new StopStrings(stops));

            var parts = new StringBuilder();
            foreach (int[] portion in RandomPortions(random, FakeTokenizer.Tokens(whole)))
            {
                string part = text.Append(portion);
                Assert.DoesNotContain('\uFFFD', part);
                parts.Append(part);
            }

            Assert.Equal(CutAtFirstStop(whole, stops), parts.Append(text.End()).ToString());
        }
    }

    // Characters of one to four bytes that share bytes with each other.
    private static string RandomText(Random random, int length)
    {
        string[] characters = ["a", "b", "\u00e9", "\u00e8", "\u20ac", "\u20ad", "\U0001F600", "\U0001F601"];
        int distinct = random.Next(2, characters.Length + 1);
        return string.Concat(Enumerable.Range(0, length).Select(_ => characters[random.Next(distinct)]));
    }

    private static IEnumerable<int[]> RandomPortions(Random random, int[] tokens)
    {
        for (int start = 0; start < tokens.Length;)
        {
            int end = Math.Min(tokens.Length, start + random.Next(1, 5));
            yield return tokens[start..end];
            start = end;
        }
    }

    // The plain form: the stop string that ends first, and of those the one that starts first.
    private static string CutAtFirstStop(string whole, string[] stops)
    {
        for (int end = 1; end <= whole.Length; end++)
        {
            string? found = stops
                .Where(stop => whole[..end].EndsWith(stop, StringComparison.Ordinal))
                .MaxBy(Encoding.UTF8.GetByteCount);
            if (found is not null)
            {
                return whole[..(end - found.Length)];
            }
        }

        return whole;
    }

    private static OutputText CreateText(params string[] stops) =>
        new(new FakeTokenizer(), Request(FakeTokenizer.Tokens("p")), new StopStrings(stops));

    private static GenerationRequest Request(int[] prompt) => TestEngine.Request() with { PromptTokenIds = prompt };
}
