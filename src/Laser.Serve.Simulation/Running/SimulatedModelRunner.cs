using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Simulation.Costs;

namespace Laser.Serve.Simulation.Running;

/// <summary>
/// A model that computes nothing and takes the time that a cost model says. It always prefers the token that ends a
/// text, so that a request ends where its least number of tokens lets it.
/// </summary>
internal sealed class SimulatedModelRunner(
    CostModel cost, SimulatedClock clock, int maxContextLength, KvCacheLayout layout) : IModelRunner
{
    public int VocabularySize => SimulatedTokenizer.TokenCount;

    public int MaxContextLength => maxContextLength;

    public KvCacheLayout CacheLayout => layout;

    public int HostThreadCount => 1;

    public KvCacheStatistics CacheStatistics => default;

    /// <summary>Time of all steps, in nanoseconds.</summary>
    public long BusyTime { get; private set; }

    /// <summary>Steps so far.</summary>
    public long StepCount { get; private set; }

    /// <summary>Tokens of all steps.</summary>
    public long TokenCount { get; private set; }

    /// <summary>Sequences of all steps.</summary>
    public long SequenceCount { get; private set; }

    public void Run(ForwardBatch batch, Span<float> logits, Span<SequenceFault> faults)
    {
        long time = SimulatedClock.FromSeconds(cost.SecondsOf(StepShape.Of(batch)));
        clock.Now += time;
        BusyTime += time;
        StepCount++;
        TokenCount += batch.TokenCount;
        SequenceCount += batch.SequenceCount;
        faults.Clear();
        logits.Clear();
        for (int i = SimulatedTokenizer.EndToken; i < logits.Length; i += SimulatedTokenizer.TokenCount)
        {
            logits[i] = 1;
        }
    }

    public void RunOnHost(IHostWork work, int itemCount) => work.RunAlone(itemCount);

    /// <summary>Counts from zero again.</summary>
    public void ForgetSteps() => (BusyTime, StepCount, TokenCount, SequenceCount) = (0, 0, 0, 0);

    public void ReleaseBlock(int block)
    {
    }

    public int RawPagesOf(int block) => 0;

    public void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot)
    {
    }

    public void Truncate(int block, int slot, int rowCount)
    {
    }

    public void Dispose()
    {
    }
}
