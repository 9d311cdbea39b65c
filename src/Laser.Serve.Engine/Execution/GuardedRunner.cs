using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Engine.Execution;

/// <summary>
/// Tells a step that went wrong from a runner that is broken. A step that throws fails its requests and nothing else.
/// Nothing will work any more when <see cref="FailedStepLimit"/> steps in a row throw, whatever was in them, when a
/// block cannot be released, or when the device is lost: the engine is then to end instead of failing request after
/// request for ever.
/// <para>
/// What is asked while sequences end and give back their blocks never throws here, so that each of them is ended, and
/// its reader told, whatever state the runner is in.
/// </para>
/// </summary>
internal sealed class GuardedRunner(IModelRunner runner) : IModelRunner
{
    /// <summary>
    /// So many failed steps in a row are no accident. One, or two, can be: the request that a kernel cannot stand, and
    /// is asked for again.
    /// </summary>
    public const int FailedStepLimit = 3;

    private int _failedSteps;
    private Exception? _failure;

    public int VocabularySize => runner.VocabularySize;

    public int MaxContextLength => runner.MaxContextLength;

    public KvCacheLayout CacheLayout => runner.CacheLayout;

    public int HostThreadCount => runner.HostThreadCount;

    public KvCacheStatistics CacheStatistics
    {
        get
        {
            try
            {
                return runner.CacheStatistics;
            }
            catch (Exception exception)
            {
                Break(exception);
                return default;
            }
        }
    }

    /// <exception cref="DeviceLostException">The device is lost.</exception>
    /// <exception cref="InvalidOperationException">The runner is broken otherwise.</exception>
    public void ThrowIfBroken()
    {
        switch (_failure)
        {
            case null:
                return;
            case DeviceLostException lost:
                throw new DeviceLostException(lost.Message, lost);
            default:
                throw new InvalidOperationException($"The model can run no more: {_failure.Message}", _failure);
        }
    }

    public void Run(ForwardBatch batch, Span<float> logits, Span<SequenceFault> faults)
    {
        // A block that could not be released may have been given away already.
        ThrowIfBroken();
        try
        {
            runner.Run(batch, logits, faults);
            _failedSteps = 0;
        }
        catch (Exception exception)
        {
            if (++_failedSteps == FailedStepLimit || exception is DeviceLostException)
            {
                Break(exception);
            }

            throw;
        }
    }

    public void RunOnHost(IHostWork work, int itemCount) => runner.RunOnHost(work, itemCount);

    public void CopyOpenBlock(int fromBlock, int fromSlot, int toBlock, int toSlot) =>
        runner.CopyOpenBlock(fromBlock, fromSlot, toBlock, toSlot);

    public void Truncate(int block, int slot, int rowCount) => runner.Truncate(block, slot, rowCount);

    public void ReleaseBlock(int block)
    {
        try
        {
            runner.ReleaseBlock(block);
        }
        catch (Exception exception)
        {
            Break(exception);
        }
    }

    public int RawPagesOf(int block)
    {
        try
        {
            return runner.RawPagesOf(block);
        }
        catch (Exception exception)
        {
            Break(exception);
            return 0;
        }
    }

    public void Dispose() => runner.Dispose();

    // What is wrong first is why; but what a dying device does before it is known to be lost says less than that.
    private void Break(Exception exception) =>
        _failure = exception is DeviceLostException ? exception : _failure ?? exception;
}
