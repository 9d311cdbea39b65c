using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Simulation.Costs;

namespace Laser.Serve.Simulation.Calibration;

/// <summary>A model, and the shapes of the steps it ran. The model stays the caller's.</summary>
internal sealed class ObservedRunner(IModelRunner model) : IModelRunner
{
    /// <summary>Shape of the last step.</summary>
    public StepShape LastShape { get; private set; }

    public int VocabularySize => model.VocabularySize;

    public int MaxContextLength => model.MaxContextLength;

    public KvCacheLayout CacheLayout => model.CacheLayout;

    public int HostThreadCount => model.HostThreadCount;

    public KvCacheStatistics CacheStatistics => model.CacheStatistics;

    public void Run(ForwardBatch batch, Span<float> logits, Span<SequenceFault> faults)
    {
        LastShape = StepShape.Of(batch);
        model.Run(batch, logits, faults);
    }

    public void RunOnHost(IHostWork work, int itemCount) => model.RunOnHost(work, itemCount);

    public void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot) =>
        model.CopyOpenBlock(fromBlock, fromSlot, toBlock, toSlot);

    public void Truncate(int block, int slot, int rowCount) => model.Truncate(block, slot, rowCount);

    public void ReleaseBlock(int block) => model.ReleaseBlock(block);

    public int RawPagesOf(int block) => model.RawPagesOf(block);

    public void Dispose()
    {
    }
}
