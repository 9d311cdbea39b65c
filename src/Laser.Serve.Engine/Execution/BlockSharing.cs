using Laser.Serve.Compute;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Execution;

/// <summary>
/// What sequences share of the cache: full blocks go to the prefix cache, and when the prompt of a request is computed
/// its other sequences begin behind it, with the full blocks in common and a copy of the open one.
/// </summary>
internal sealed class BlockSharing(IModelRunner runner, BlockManager blocks)
{
    private readonly int _blockSize = runner.CacheLayout.BlockSize;
    private readonly int _pagesPerBlock = runner.CacheLayout.LayerCount * runner.CacheLayout.Attention.KvHeads;

    /// <summary>
    /// Evicts idle blocks, the oldest first, where a step could need the raw pages they hold: a request never fails
    /// because of a prefix that was kept.
    /// </summary>
    /// <param name="batch">The step to come.</param>
    public void MakeRoomForRawPages(ScheduledBatch batch)
    {
        if (blocks.IdleRawPageCount == 0)
        {
            return;
        }

        int fullBlockCount = 0;
        foreach ((Sequence sequence, int tokenCount, _) in batch.Sequences)
        {
            int computed = sequence.ComputedTokenCount;
            fullBlockCount += ((computed + tokenCount) / _blockSize) - (computed / _blockSize);
        }

        long needed = (long)fullBlockCount * _pagesPerBlock;
        while (blocks.IdleRawPageCount > 0
            && runner.CacheLayout.RawPageCount - runner.CacheStatistics.RawPagesUsed < needed)
        {
            blocks.EvictOldest();
        }
    }

    /// <summary>Shares what a step has filled.</summary>
    /// <param name="batch">The step, run but not yet noted as computed.</param>
    public void Share(ScheduledBatch batch)
    {
        foreach ((Sequence sequence, int tokenCount, _) in batch.Sequences)
        {
            if (sequence.Status == SequenceStatus.Running && tokenCount > 0)
            {
                int computed = sequence.ComputedTokenCount + tokenCount;
                sequence.Blocks!.Enter(sequence.TokenIds[..computed], _blockSize);
                if (sequence.Group.PromptReader == sequence && computed == sequence.PromptTokenCount)
                {
                    TryFork(sequence.Group);
                }
            }
        }
    }

    private void TryFork(SequenceGroup group)
    {
        try
        {
            Fork(group);
        }
        catch (Exception exception) when (exception is not DeviceLostException)
        {
            group.Fail(new EngineException(
                EngineError.StepFailed,
                $"The sequences could not go on from the prompt: {exception.Message}",
                exception));
        }
    }

    private void Fork(SequenceGroup group)
    {
        BlockTable first = group.PromptReader!.Blocks!;
        (int fullCount, int rest) = Math.DivRem(group.First.PromptTokenCount, _blockSize);
        foreach (Sequence sequence in group.Sequences)
        {
            if (sequence.Status != SequenceStatus.Running || !sequence.AwaitsPrompt)
            {
                continue;
            }

            BlockTable table = sequence.Blocks!;
            table.Share(first, fullCount);
            if (rest > 0)
            {
                runner.CopyOpenBlock(
                    first.Blocks[fullCount], first.OpenSlot, table.Blocks[fullCount], table.OpenSlot);
            }
        }

        group.PromptShared();
    }
}
