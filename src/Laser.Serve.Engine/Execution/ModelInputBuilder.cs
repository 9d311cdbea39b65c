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
    private readonly int _maxTokens;
    private readonly int _maxSequences;
    private ForwardBatch _batch;
    private int _maxBlocks;

    public ModelInputBuilder(KvCacheLayout layout, int maxTokens, int maxSequences)
    {
        _layout = layout;
        _maxTokens = maxTokens;
        _maxSequences = maxSequences;
        _maxBlocks = layout.BlockCount;
        _batch = new ForwardBatch(maxTokens, maxSequences, _maxBlocks);
    }

    /// <summary>The step as a ragged batch; valid until the next call.</summary>
    public ForwardBatch Build(ScheduledBatch scheduled)
    {
        MakeRoom(scheduled);
        _batch.Clear();
        foreach (ScheduledSequence part in scheduled.Sequences)
        {
            BlockTable table = part.Sequence.Blocks!;
            int start = part.Sequence.ComputedTokenCount;
            int rowCount = part.TokenCount + part.DraftCount;
            _batch.Add(
                part.Sequence.TokensFrom(start, rowCount),
                start,
                table.Blocks[.._layout.BlocksFor(start + rowCount)],
                table.OpenSlot,
                part.LogitCount);
        }

        return _batch;
    }

    // Blocks that sequences share stand in the table of each, so that together they can have more than there are.
    private void MakeRoom(ScheduledBatch scheduled)
    {
        int blocks = 0;
        foreach ((Sequence sequence, int tokenCount, _) in scheduled.Sequences)
        {
            // Those of a draft stand in the block of the token before them.
            blocks += _layout.BlocksFor(sequence.ComputedTokenCount + tokenCount);
        }

        if (blocks > _maxBlocks)
        {
            _maxBlocks = 2 * blocks;
            _batch = new ForwardBatch(_maxTokens, _maxSequences, _maxBlocks);
        }
    }
}
