using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Sequences;

public class StopCheckerTests
{
    [Fact]
    public void Check_StopToken_ComesBeforeStopStringAndLimit()
    {
        StopChecker checker = CreateChecker(maxTokens: 1, stopTokenIds: [9, 65, 3], "A");

        Assert.Equal(new StopCause(FinishReason.Stop, TokenId: 65), checker.Check(65, 1));
    }

    [Fact]
    public void Check_StopString_ComesBeforeTheLimit()
    {
        StopChecker checker = CreateChecker(maxTokens: 1, stopTokenIds: [], "B", "A");

        Assert.Equal(new StopCause(FinishReason.Stop, String: "A"), checker.Check(65, 1));
    }

    [Fact]
    public void Check_LastToken_IsTheLimit()
    {
        StopChecker checker = CreateChecker(maxTokens: 2, stopTokenIds: []);

        Assert.Null(checker.Check(65, 1));
        Assert.Equal(new StopCause(FinishReason.Length), checker.Check(65, 2));
    }

    [Fact]
    public void Check_StopStringAcrossTokensAndBytes_IsFoundWithItsLastByte()
    {
        StopChecker checker = CreateChecker(maxTokens: 100, stopTokenIds: [], "x\u20ac\u20ac", "never");
        int[] tokens = FakeTokenizer.Tokens("xx\u20acx\u20ac\u20ac");

        StopCause?[] causes = [.. tokens.Select((token, index) => checker.Check(token, index + 1))];

        Assert.All(causes[..^1], cause => Assert.Null(cause));
        Assert.Equal(new StopCause(FinishReason.Stop, String: "x\u20ac\u20ac"), causes[^1]);
    }

    [Fact]
    public void Check_SeveralEndTogether_NamesTheLongest()
    {
        StopChecker checker = CreateChecker(maxTokens: 100, stopTokenIds: [], "c", "abc", "bc");

        Assert.Null(checker.Check('a', 1));
        Assert.Null(checker.Check('b', 2));
        Assert.Equal("abc", checker.Check('c', 3)?.String);
    }

    [Fact]
    public void Check_EmptyStopString_IsIgnored() =>
        Assert.Null(CreateChecker(maxTokens: 100, stopTokenIds: [], "").Check('a', 1));

    // "ab" begins in the second token, which is not looked at.
    [Fact]
    public void Check_MinTokens_SearchesTheTextOfLaterTokensOnly()
    {
        GenerationRequest request = TestEngine.Request(maxTokens: 100) with { MinTokens = 2 };
        var checker = new StopChecker(request, new FakeTokenizer(), new StopStrings(["ab"]));

        int[] tokens = FakeTokenizer.Tokens("abbab");
        StopCause?[] causes = [.. tokens.Select((token, index) => checker.Check(token, index + 1))];

        Assert.All(causes[..^1], cause => Assert.Null(cause));
        Assert.Equal("ab", causes[^1]?.String);
    }

    [Fact]
    public void Check_SpecialTokensAreText_FindsTheirText()
    {
        GenerationRequest request = TestEngine.Request(maxTokens: 100) with { SkipSpecialTokens = false };
        var tokenizer = new FakeTokenizer("<|end|>");

        var checker = new StopChecker(request, tokenizer, new StopStrings(["end|>!"]));
        Assert.Null(checker.Check(256, 1));
        Assert.Equal("end|>!", checker.Check('!', 2)?.String);

        checker = new StopChecker(
            request with { SkipSpecialTokens = true }, tokenizer, new StopStrings(["end|>!"]));
        Assert.Null(checker.Check(256, 1));
        Assert.Null(checker.Check('!', 2));
    }

    [Fact]
    public void Check_WarmedUp_AllocatesNothing()
    {
        StopChecker checker = CreateChecker(maxTokens: 1000, stopTokenIds: [1, 2], "xyz", "</s>");
        checker.Check('<', 1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 2; i < 500; i++)
        {
            checker.Check(i % 50, i);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static StopChecker CreateChecker(int maxTokens, int[] stopTokenIds, params string[] stops)
    {
        GenerationRequest request = TestEngine.Request(maxTokens: maxTokens) with { StopTokenIds = stopTokenIds };
        return new StopChecker(request, new FakeTokenizer(), new StopStrings(stops));
    }
}
