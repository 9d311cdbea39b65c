using Laser.Serve.Engine.Balancing;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Balancing;

public class PrefixAffinityTests
{
    private readonly PrefixAffinity _affinity = new(blockSize: 16, capacity: 4);

    [Theory]
    [InlineData(15, 0)]
    [InlineData(16, 1)]
    [InlineData(47, 2)]
    public void BeginningsOf_Prompt_AreItsFullBlocks(int promptLength, int count) =>
        Assert.Equal(count, _affinity.BeginningsOf(TestEngine.Request(promptLength)).Length);

    [Fact]
    public void BeginningsOf_PrefixCacheNotToBeUsed_AreNone() =>
        Assert.Empty(_affinity.BeginningsOf(TestEngine.Request(40) with { UsePrefixCache = false }));

    [Fact]
    public void Find_Unknown_IsNone() => Assert.Null(Find(TestEngine.Request(40)));

    [Fact]
    public void Find_CommonBeginningOfTwo_IsTheLastOneThatSawIt()
    {
        Remember(Prompt(7, then: 1), engine: 0);
        Remember(Prompt(7, then: 2), engine: 1);

        Assert.Equal(1, Find(Prompt(7, then: 3)));
    }

    [Fact]
    public void Find_LongerBeginningOfOne_IsThatOne()
    {
        Remember(Prompt(7, then: 1), engine: 0);
        Remember(Prompt(7, then: 2), engine: 1);

        Assert.Equal(0, Find(Prompt(7, then: 1)));
    }

    [Fact]
    public void Find_SameBlockBehindAnother_IsNone()
    {
        Remember(Prompt(7, then: 1), engine: 1);

        Assert.Null(Find(Prompt(1, then: 7)));
    }

    [Fact]
    public void Find_OtherSalt_IsNone()
    {
        Remember(Prompt(7, then: 1), engine: 1);

        Assert.Null(Find(Prompt(7, then: 1) with { CacheSalt = "other" }));
    }

    [Fact]
    public void Find_ManyOthersSince_IsForgotten()
    {
        Remember(Prompt(1, then: 2), engine: 1);
        Remember(Prompt(3, then: 4), engine: 0);
        Assert.Equal(1, Find(Prompt(1, then: 2)));
        Remember(Prompt(5, then: 6), engine: 0);
        Remember(Prompt(7, then: 8), engine: 0);
        Remember(Prompt(9, then: 10), engine: 0);

        Assert.Null(Find(Prompt(1, then: 2)));
        Assert.Equal(0, Find(Prompt(9, then: 10)));
    }

    private static GenerationRequest Prompt(int first, int then) => TestEngine.Request() with
    {
        PromptTokenIds = [.. Enumerable.Repeat(first, 16), .. Enumerable.Repeat(then, 16)],
    };

    private int? Find(GenerationRequest request) => _affinity.Find(_affinity.BeginningsOf(request));

    private void Remember(GenerationRequest request, int engine) =>
        _affinity.Remember(_affinity.BeginningsOf(request), engine);
}
