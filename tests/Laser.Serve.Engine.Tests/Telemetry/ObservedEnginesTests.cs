using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Telemetry;

namespace Laser.Serve.Engine.Tests.Telemetry;

public class ObservedEnginesTests
{
    private readonly ObservedEngines _engines = new();

    [Fact]
    public void Sum_OfNone_IsNothing() => Assert.Equal(default, _engines.Sum);

    [Fact]
    public void Sum_OfTwo_AddsWhatIsThereAndWhatWasCounted()
    {
        _engines.Add(() => Snapshot(1));
        _engines.Add(() => Snapshot(2));

        Assert.Equal(Snapshot(3) with { LargestBatch = 2, LastStep = At(2), Cache = Cache(3, spread: 2) }, _engines.Sum);
    }

    [Fact]
    public void Remove_OneThatHasEnded_KeepsWhatItCountedAndNothingElse()
    {
        Func<EngineSnapshot> first = () => Snapshot(5);
        _engines.Add(first);
        _engines.Remove(first);
        _engines.Remove(first);

        EngineSnapshot gone = _engines.Sum;
        _engines.Add(() => Snapshot(2));
        EngineSnapshot both = _engines.Sum;

        Assert.Equal((0, 0, 0, 0), (gone.RunningCount, gone.WaitingCount, gone.TotalBlockCount, gone.Cache.RawPagesUsed));
        Assert.Equal((5, 5, 5, At(5)), (gone.StepCount, gone.PreemptionCount, gone.Cache.SealedBlocks, gone.LastStep));
        Assert.Equal((2, 7, 7, At(5)), (both.RunningCount, both.StepCount, both.Cache.SealedBlocks, both.LastStep));
    }

    private static DateTimeOffset? At(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

    private static KvCacheStatistics Cache(int count, int spread) => new(count, count, count, count, spread);

    private static EngineSnapshot Snapshot(int count) => new()
    {
        RunningCount = count,
        WaitingCount = count,
        WaitingPromptTokenCount = count,
        UsedBlockCount = count,
        CachedBlockCount = count,
        TotalBlockCount = count,
        StepCount = count,
        LastStep = At(count),
        PreemptionCount = count,
        PreemptedTokenCount = count,
        LargestBatch = count,
        Cache = Cache(count, count),
        RawPageCapacity = count,
    };
}
