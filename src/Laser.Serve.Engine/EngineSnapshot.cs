using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine;

/// <summary>The state of an engine after one of its steps, or when the next one has been chosen.</summary>
public readonly record struct EngineSnapshot
{
    /// <summary>Where it stands.</summary>
    public EngineStatus Status { get; init; }

    /// <summary>Sequences that hold blocks of the cache.</summary>
    public int RunningCount { get; init; }

    /// <summary>Requests that wait for their turn.</summary>
    public int WaitingCount { get; init; }

    /// <summary>Tokens of their prompts.</summary>
    public long WaitingPromptTokenCount { get; init; }

    /// <summary>Cache blocks that some sequence holds.</summary>
    public int UsedBlockCount { get; init; }

    /// <summary>Cache blocks that no sequence holds, kept for requests that begin with the same tokens.</summary>
    public int CachedBlockCount { get; init; }

    /// <summary>Cache blocks there are.</summary>
    public int TotalBlockCount { get; init; }

    /// <summary>Cache blocks with nothing in them.</summary>
    public int FreeBlockCount => TotalBlockCount - UsedBlockCount - CachedBlockCount;

    /// <summary>Steps so far.</summary>
    public long StepCount { get; init; }

    /// <summary>When the last of them was done; null before the first.</summary>
    public DateTimeOffset? LastStep { get; init; }

    /// <summary>Times that a request gave its blocks back to others, so far.</summary>
    public long PreemptionCount { get; init; }

    /// <summary>Tokens that were in the cache for these requests, to be computed again or found there.</summary>
    public long PreemptedTokenCount { get; init; }

    /// <summary>Most sequences a step had.</summary>
    public int LargestBatch { get; init; }

    /// <summary>What the value cache met so far.</summary>
    public KvCacheStatistics Cache { get; init; }

    /// <summary>Pages of raw values there are.</summary>
    public int RawPageCapacity { get; init; }

    /// <summary>What has been counted, without what is there now.</summary>
    internal EngineSnapshot Totals => new()
    {
        StepCount = StepCount,
        LastStep = LastStep,
        PreemptionCount = PreemptionCount,
        PreemptedTokenCount = PreemptedTokenCount,
        LargestBatch = LargestBatch,
        Cache = Cache with { RawPagesUsed = 0 },
    };

    /// <summary>Two engines as one, which runs if one of them does.</summary>
    internal EngineSnapshot Plus(in EngineSnapshot other) => new()
    {
        Status = Status == EngineStatus.Running ? Status : other.Status,
        RunningCount = RunningCount + other.RunningCount,
        WaitingCount = WaitingCount + other.WaitingCount,
        WaitingPromptTokenCount = WaitingPromptTokenCount + other.WaitingPromptTokenCount,
        UsedBlockCount = UsedBlockCount + other.UsedBlockCount,
        CachedBlockCount = CachedBlockCount + other.CachedBlockCount,
        TotalBlockCount = TotalBlockCount + other.TotalBlockCount,
        StepCount = StepCount + other.StepCount,
        LastStep = LastStep > other.LastStep ? LastStep : other.LastStep ?? LastStep,
        PreemptionCount = PreemptionCount + other.PreemptionCount,
        PreemptedTokenCount = PreemptedTokenCount + other.PreemptedTokenCount,
        LargestBatch = Math.Max(LargestBatch, other.LargestBatch),
        Cache = new KvCacheStatistics(
            Cache.SealedBlocks + other.Cache.SealedBlocks,
            Cache.WideBlocks + other.Cache.WideBlocks,
            Cache.RawBlocks + other.Cache.RawBlocks,
            Cache.RawPagesUsed + other.Cache.RawPagesUsed,
            Math.Max(Cache.LargestSpreadBits, other.Cache.LargestSpreadBits)),
        RawPageCapacity = RawPageCapacity + other.RawPageCapacity,
    };
}
