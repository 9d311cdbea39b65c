using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Tests.Scheduling;

/// <content>What must hold of each step.</content>
internal sealed partial class SchedulerModel
{
    // A level of priority is worth five seconds; the rest is first come, first served. Nobody is overtaken by what stands
    // behind it when it was held up for the limit. Between keys that holds as well, for each by itself.
    private void AssertAdmittedInOrder(List<SequenceGroup> waiting)
    {
        foreach (IGrouping<string?, SequenceGroup> key in waiting.GroupBy(group => group.Request.FairnessKey))
        {
            List<SequenceGroup> ordered =
                [.. key.OrderBy(group => group.Submitted - (group.Request.Priority * TimeSpan.TicksPerSecond * 5))];
            bool due = false;
            bool behind = false;
            foreach (SequenceGroup group in ordered)
            {
                Assert.False(due && !group.IsWaiting, "Somebody who waited for the limit was overtaken.");
                SkipCount += behind && !group.IsWaiting ? 1 : 0;
                behind |= group.IsWaiting;
                due |= group.IsWaiting
                    && (_limits.SkipAhead == TimeSpan.Zero
                        || (group.HeldUpSince is long since
                            && _time.GetElapsedTime(since, _time.GetTimestamp()) >= _limits.SkipAhead));
            }
        }
    }

    // Only where it is allowed, never the one that was admitted first, and all of the others' tokens stay.
    private void AssertPreempted(
        SequenceGroup[] running, Dictionary<SequenceGroup, int[]> tokens, List<SequenceGroup> waiting)
    {
        SequenceGroup[] preempted = [.. running.Where(group => group.IsWaiting)];
        PreemptedTokenCount += preempted.Sum(group => group.Sequences.ToArray().Sum(one => one.TokenCount));
        Assert.True(_limits.Admission == AdmissionMode.Optimistic || preempted.Length == 0);
        Assert.True(preempted.Length == 0 || preempted[0] != running[0], "The first gave way.");
        Assert.All(preempted, group => Assert.Equal(
            tokens[group], group.Sequences.ToArray().SelectMany(one => one.TokenIds.ToArray())));
        Assert.All(preempted, group => Assert.All(
            group.Sequences.ToArray(), one => Assert.NotEqual(SequenceStatus.Running, one.Status)));
        Assert.True(preempted.Length == 0 || waiting.TrueForAll(group => group.IsWaiting), "One left, one came.");
    }

    private static bool Decodes(Sequence sequence) =>
        sequence.GeneratedTokenCount > 0 && sequence.PendingTokenCount == 1;

    private static bool ComputesAgain(Sequence sequence) =>
        sequence.GeneratedTokenCount > 0 && sequence.PendingTokenCount != 1;

    private void AssertWellFormed(ScheduledBatch batch)
    {
        ScheduledSequence[] parts = batch.Sequences.ToArray();
        Assert.InRange(parts.Length, 0, MaxRunning);
        Assert.InRange(batch.TokenCount, 0, TokensPerStep);
        Assert.InRange(batch.LogitCount, 0, LogitRows);
        Assert.Equal(parts.Sum(part => part.TokenCount + part.DraftCount), batch.TokenCount);
        Assert.Equal(parts.Sum(part => part.LogitCount), batch.LogitCount);
        Assert.Equal(parts.Length, parts.Select(part => part.Sequence).Distinct().Count());
        Assert.All(parts, part => Assert.InRange(part.TokenCount, 1, part.Sequence.PendingTokenCount));
        Assert.All(parts, part =>
        {
            int lastRows = part.TokenCount == part.Sequence.PendingTokenCount ? 1 : 0;
            int rows = part.Sequence.WantsPromptLogits ? part.TokenCount : lastRows;
            Assert.Equal(rows + part.DraftCount, part.LogitCount);
        });
        Assert.All(parts.Where(part => part.DraftCount > 0), AssertDraftFits);
        DraftedCount += parts.Sum(part => part.DraftCount);

        // The first that still reads its prompt gets on in every step, whatever steps take.
        Sequence? reading = _scheduler.Running.ToArray()
            .FirstOrDefault(sequence => sequence.GeneratedTokenCount == 0 && sequence.PendingTokenCount > 0);
        Assert.True(reading is null || parts.Any(part => part.Sequence == reading), "A prompt stands still.");

        // Every sequence that decodes is in every step, before all that read their prompt and are not held up by rows
        // of logits, nor compute again what they had.
        int decoding = _scheduler.Running.ToArray().Count(Decodes);
        IEnumerable<ScheduledSequence> others =
            parts.Where(part => !part.Sequence.WantsPromptLogits && !ComputesAgain(part.Sequence));
        Assert.Equal(decoding, others.TakeWhile(part => Decodes(part.Sequence)).Count());
    }

    // Only what decodes has one; it fills no block, and leaves a token to be generated behind it.
    private static void AssertDraftFits(ScheduledSequence part)
    {
        Sequence sequence = part.Sequence;
        Assert.Equal((1, 1), (part.TokenCount, sequence.PendingTokenCount));
        Assert.True((sequence.ComputedTokenCount % BlockSize) + 1 + part.DraftCount < BlockSize);
        Assert.InRange(sequence.GeneratedTokenCount, 1, sequence.Request.MaxTokens - 1 - part.DraftCount);
    }
}
