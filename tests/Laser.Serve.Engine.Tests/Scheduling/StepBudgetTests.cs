using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Scheduling;

public class StepBudgetTests
{
    private const int MaxTokens = 256;

    // 40 tokens are expected to take 50 ms.
    private static readonly StepTime Time = new(0.01, 0.001);

    [Fact]
    public void TokensWith_NothingMeasured_IsAllAStepCanHold() => Assert.Equal(MaxTokens, Create(null).TokensWith([Decoding()]));

    [Fact]
    public void TokensWith_NothingDecodes_IsAllAStepCanHold() =>
        Assert.Equal(MaxTokens, Create(Time).TokensWith([Reading(), Reading()]));

    [Fact]
    public void TokensWith_OneDecodes_IsWhatTheTimeAllows() =>
        Assert.Equal(40, Create(Time).TokensWith([Reading(), Decoding()]));

    [Theory]
    [InlineData(0.05, 0.001)]
    [InlineData(0.2, 0.001)]
    [InlineData(0, 10)]
    public void TokensWith_StepsAreTooSlowForTheTime_LetsPromptsGetOnAllTheSame(double start, double perToken) =>
        Assert.Equal(2 + StepBudget.LeastPromptTokens, Create(new StepTime(start, perToken)).TokensWith([Decoding(), Reading()]));

    [Theory]
    [InlineData(20, 20)]
    [InlineData(256, 256)]
    public void TokensWith_StepsAreFast_IsAllAStepCanHold(int maxTokens, int expected) =>
        Assert.Equal(expected, Create(new StepTime(0, 1e-12), maxTokens).TokensWith([Decoding()]));

    // The least is no more than that either.
    [Fact]
    public void TokensWith_SmallSteps_IsAllAStepCanHold() =>
        Assert.Equal(8, Create(new StepTime(1, 1), maxTokens: 8).TokensWith([Decoding(), Reading()]));

    [Theory]
    [InlineData(2, 20 - 5)]
    [InlineData(0.5, 100 - 10)]
    [InlineData(1, 40)]
    public void StepTook_StepsTakeLongerOrLess_ComesToWhatFits(double factor, int expected)
    {
        StepBudget budget = Create(Time);
        for (int i = 0; i < 40; i++)
        {
            Take(budget, tokenCount: 40, seconds: factor * Time.SecondsOf(40));
        }

        Assert.Equal(factor, budget.Correction, 3);
        Assert.InRange(budget.TokensInTarget, expected - 1, expected);
    }

    [Fact]
    public void StepTook_OneStepTookAMinute_CountsForTwiceTheTime()
    {
        StepBudget budget = Create(Time);

        Take(budget, tokenCount: 40, seconds: 60);

        Assert.Equal(1.25, budget.Correction, 9);
    }

    // Nothing can be left out of them to make them shorter.
    [Fact]
    public void StepTook_NothingReadAPrompt_DoesNotCount()
    {
        StepBudget budget = Create(Time);

        Take(budget, tokenCount: 1, seconds: 60);

        Assert.Equal(1, budget.Correction);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e9)]
    public void StepTook_ClockStandsStillOrRunsAway_StaysWithinBounds(double seconds)
    {
        StepBudget budget = Create(Time);
        for (int i = 0; i < 1000; i++)
        {
            Take(budget, tokenCount: 40, seconds);
            Assert.InRange(budget.TokensWith([Decoding()]), 1 + StepBudget.LeastPromptTokens, MaxTokens);
        }

        Assert.InRange(budget.Correction, 1 / 64.0, 64);
    }

    private static StepBudget Create(StepTime? time, int maxTokens = MaxTokens)
    {
        EngineLimits limits = TestEngine.Limits(FakeModelRunner.LayoutOf(16, 8), tokensPerStep: maxTokens) with
        {
            TargetStep = TimeSpan.FromMilliseconds(50),
        };
        var budget = new StepBudget(limits);
        budget.Calibrate(time);
        return budget;
    }

    private static void Take(StepBudget budget, int tokenCount, double seconds)
    {
        var batch = new ScheduledBatch();
        batch.Add(new ScheduledSequence(Reading(), tokenCount, 0));
        budget.StepTook(batch, TimeSpan.FromSeconds(seconds));
    }

    private static Sequence Reading() =>
        new SequenceGroup(TestEngine.Request(100), new FakeTokenizer(), new StopStrings([]), 300, new ManualTimeProvider()).First;

    private static Sequence Decoding()
    {
        SequenceGroup group = new(
            TestEngine.Request(), new FakeTokenizer(), new StopStrings([]), 300, new ManualTimeProvider());
        var blocks = new BlockManager(FakeModelRunner.LayoutOf(16, 8), new FakeBlocks());
        Assert.True(blocks.TryAllocate(group.CacheDemand, out BlockTable[]? tables));
        group.Start(tables, 16, 0);
        group.First.Append(new SampledToken(65), 0);
        return group.First;
    }
}
