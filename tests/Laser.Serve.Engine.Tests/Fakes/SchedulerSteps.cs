using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;

namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>Steps of a scheduler without a model behind it: whoever has caught up gets always the same token.</summary>
internal static class SchedulerSteps
{
    public static ScheduledBatch Step(this Scheduler scheduler, TimeProvider time)
    {
        ScheduledBatch batch = scheduler.Schedule(time.GetTimestamp());
        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            if (scheduled.TokenCount == scheduled.Sequence.PendingTokenCount)
            {
                scheduled.Sequence.Append(new SampledToken(65), time.GetTimestamp());
            }
        }

        scheduler.Complete(batch);
        return batch;
    }
}
