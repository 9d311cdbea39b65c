using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Execution;

public sealed class StepCalibrationTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly FakeModelRunner _runner = new();

    [Fact]
    public void Measure_TimeGrowsWithTokens_FindsHow()
    {
        TakeTime(batch => 2e-3 + (1e-4 * batch.TokenCount));

        StepTime? time = Measure();

        Assert.Equal(2e-3, time!.Value.Base, 6);
        Assert.Equal(1e-4, time.Value.PerToken, 6);
        Assert.Equal(20, _runner.Steps.Count);
        Assert.Equal([1, 16, 48, 120], _runner.Steps.Select(step => step.Sum()).Distinct());
    }

    // Two of five steps of each size are disturbed.
    [Fact]
    public void Measure_SomeStepsAreDisturbed_FindsTheSame()
    {
        int step = 0;
        TakeTime(batch => (2e-3 + (1e-4 * batch.TokenCount)) * (step++ / 4 % 5 is 1 or 3 ? 9 : 1));

        StepTime? time = Measure();

        Assert.Equal(2e-3, time!.Value.Base, 6);
        Assert.Equal(1e-4, time.Value.PerToken, 6);
    }

    // 1.6 s for 16 tokens: the longer ones are not tried, and nothing is measured twice.
    [Fact]
    public void Measure_SlowModel_MeasuresTheShortSteps()
    {
        TakeTime(batch => 0.1 * batch.TokenCount);

        StepTime? time = Measure();

        Assert.Equal(0.1, time!.Value.PerToken, 6);
        Assert.Equal([[1], [15, 1]], _runner.Steps);
    }

    [Fact]
    public void Measure_LessSlowModel_TakesASecond()
    {
        TakeTime(batch => 0.08 + (0.008 * batch.TokenCount));

        Assert.NotNull(Measure());

        Assert.InRange(_time.GetTimestamp() / (double)TimeSpan.TicksPerSecond, 0.7, 1);
    }

    [Fact]
    public void Measure_ClockStandsStill_FindsNothing() => Assert.Null(Measure());

    [Theory]
    [InlineData(1, 64, 32, 15)]
    [InlineData(8, 3, 32, 32)]
    [InlineData(8, 64, 20, 20)]
    public void Measure_SmallEngine_StaysWithinItsLimits(int running, int blockCount, int tokensPerStep, int most)
    {
        using var runner = new FakeModelRunner(blockCount, openSlotCount: running);
        runner.BeforeRun = _ => _time.Advance(TimeSpan.FromMilliseconds(1));

        StepCalibration.Measure(runner, Limits(runner, running, tokensPerStep), _time);

        Assert.Equal(most, runner.Steps.Max(step => step.Sum()));
        Assert.Empty(runner.Violations);
        Assert.Equal(0, runner.OwnedBlockCount);
    }

    [Fact]
    public void Measure_StepThrows_ThrowsAndLeavesNothing()
    {
        _runner.Fault = _ => throw new InvalidOperationException("broken");

        Assert.Throws<InvalidOperationException>(() => Measure());

        Assert.Equal(0, _runner.OwnedBlockCount);
    }

    [Fact]
    public async Task Calibrate_RealModel_LeavesNothingInItsCacheAndCounts()
    {
        await using var engine = new GoldenEngine("wide-values", new EngineOptions { KvCacheMebibytes = 2 });
        KvCacheStatistics before = engine.Engine.Snapshot.Cache;

        engine.Engine.Calibrate();
        Assert.False(engine.Step());

        Assert.Equal(before, engine.Engine.Snapshot.Cache);
        Assert.Equal(0, engine.Engine.Snapshot.StepCount);
    }

    public void Dispose() => _runner.Dispose();

    private StepTime? Measure()
    {
        StepTime? time = StepCalibration.Measure(_runner, Limits(_runner, 8, 256), _time);
        Assert.Empty(_runner.Violations);
        Assert.Equal(0, _runner.OwnedBlockCount);
        return time;
    }

    private static EngineLimits Limits(FakeModelRunner runner, int running, int tokensPerStep) =>
        TestEngine.Limits(runner.CacheLayout, running, tokensPerStep);

    private void TakeTime(Func<ForwardBatch, double> seconds) =>
        _runner.BeforeRun = batch => _time.Advance(TimeSpan.FromSeconds(seconds(batch)));
}
