using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Execution;

/// <summary>Writes what the scheduler chose in the form a backend reads. Reuses one batch.</summary>
internal sealed class ModelInputBuilder
{
    private readonly KvCacheLayout _layout;
    private readonly ForwardBatch _batch;

    public ModelInputBuilder(KvCacheLayout layout, int maxTokens, int maxSequences)
    {
        _layout = layout;
        _batch = new ForwardBatch(maxTokens, maxSequences, layout.BlockCount);
    }

    /// <summary>The step as a ragged batch; valid until the next call.</summary>
    public ForwardBatch Build(ScheduledBatch scheduled)
    {
        _batch.Clear();
        foreach ((Sequence sequence, int tokenCount, int logitCount) in scheduled.Sequences)
        {
            BlockTable table = sequence.Blocks!;
            int start = sequence.ComputedTokenCount;
            _batch.Add(
                sequence.TokenIds.Slice(start, tokenCount),
                start,
                table.Blocks[.._layout.BlocksFor(start + tokenCount)],
                table.OpenSlot,
                logitCount);
        }

        return _batch;
    }
}
