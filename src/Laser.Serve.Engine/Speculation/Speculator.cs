using Laser.Serve.Compute;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Telemetry;

namespace Laser.Serve.Engine.Speculation;

/// <summary>
/// Speculative decoding: a sequence that decodes computes its pending token and behind it a guess of the next ones, and
/// gets a row of logits for each. From the first row on, every token is chosen as it always is, from its own logits
/// with its own random number; as long as it is the one guessed, the row behind it is that of its successor. So the
/// tokens are those of plain decoding, bit for bit; only the number of steps differs.
/// <para>
/// Drafts get what the step has left, and never a row that fills a block: what is in a block that is not full can be
/// taken back, so a wrong guess leaves nothing behind, and no fault of a guess is a fault of its sequence.
/// </para>
/// </summary>
internal sealed class Speculator(IModelRunner runner, EngineLimits limits, EngineMetrics metrics)
{
    private readonly int _blockSize = limits.CacheLayout.BlockSize;

    /// <summary>Adds drafts, within its budget, to a step that is chosen but for them.</summary>
    public void AddDrafts(ScheduledBatch batch)
    {
        if (limits.SpeculativeTokens == 0)
        {
            return;
        }

        int left = Math.Min(batch.TokenBudget - batch.TokenCount, limits.MaxLogitRows - batch.LogitCount);
        for (int i = 0; i < batch.Sequences.Length && left > 0; i++)
        {
            // In equal shares; what one does not use is there for those behind it.
            int share = ((left - 1) / (batch.Sequences.Length - i)) + 1;
            int count = Draft(batch.Sequences[i], share);
            if (count > 0)
            {
                batch.AddDraft(i, count);
                left -= count;
            }
        }
    }

    /// <summary>Takes back, when all tokens of a step are chosen, the rows of wrong guesses.</summary>
    public void Settle(ScheduledBatch batch)
    {
        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            if (scheduled.DraftCount > 0)
            {
                Settle(scheduled);
            }
        }
    }

    private int Draft(in ScheduledSequence scheduled, int most)
    {
        Sequence sequence = scheduled.Sequence;
        bool decodes = sequence.GeneratedTokenCount > 0 && scheduled.TokenCount == 1 && sequence.PendingTokenCount == 1;
        most = decodes ? Math.Min(most, Room(sequence)) : 0;
        if (most <= 0)
        {
            return 0;
        }

        sequence.Drafter ??= new Drafter(sequence, limits.SpeculativeTokens, limits.SpeculativeNgram);
        return sequence.Drafter.Draft(sequence, most);
    }

    // Guesses that can be taken back, and after all of which one more token may be generated.
    private int Room(Sequence sequence)
    {
        int rowsBehind = _blockSize - 1 - (sequence.ComputedTokenCount % _blockSize);
        return Math.Min(rowsBehind - 1, sequence.Request.MaxTokens - sequence.GeneratedTokenCount - 1);
    }

    private void Settle(in ScheduledSequence scheduled)
    {
        Sequence sequence = scheduled.Sequence;
        DraftLength length = sequence.Drafter!.Length;
        int rightCount = Math.Max(0, scheduled.TokenCount - 1);
        metrics.DraftVerified(scheduled.DraftCount, rightCount);
        if (scheduled.TokenCount == 0)
        {
            length.Pause();
        }
        else
        {
            length.Verified(scheduled.DraftCount, rightCount);
        }

        if (scheduled.TokenCount <= scheduled.DraftCount && sequence.Status == SequenceStatus.Running)
        {
            TryTakeBack(sequence, sequence.ComputedTokenCount + scheduled.TokenCount);
        }
    }

    private void TryTakeBack(Sequence sequence, int keptCount)
    {
        try
        {
            TakeBack(sequence.Blocks!, keptCount);
        }
        catch (Exception exception) when (exception is not DeviceLostException)
        {
            sequence.Group.Fail(new EngineException(
                EngineError.StepFailed, $"A guess could not be taken back: {exception.Message}", exception));
        }
    }

    private void TakeBack(BlockTable table, int keptCount)
    {
        (int index, int rowCount) = Math.DivRem(keptCount, _blockSize);
        if (rowCount > 0)
        {
            runner.Truncate(table.Blocks[index], table.OpenSlot, rowCount);
        }
        else
        {
            // The step that is repeated began the block: nothing in it is needed.
            runner.ReleaseBlock(table.Blocks[index]);
        }
    }
}
