using System.Diagnostics.CodeAnalysis;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// Takes requests out of the queue, in its order, as long as there are places, slots and blocks for them.
/// <para>
/// Where the first does not fit now, later ones that do may go ahead of it: one big request does not leave the rest of
/// the machine idle. But only until <see cref="EngineLimits.SkipAhead"/> after it was found to be held up. From then on
/// nothing that stands behind it is admitted before it: all that is given back is kept for it, so it has its turn.
/// </para>
/// <para>
/// <see cref="AdmissionMode.Optimistic"/> wants less of the cache, but leaves some blocks to the sequences that run: those
/// that were just admitted are not to give way at once. Where nothing runs there is room for any request.
/// </para>
/// </summary>
internal sealed class Admission(BlockManager blocks, AdmissionQueue waiting, EngineLimits limits, TimeProvider time)
{
    /// <summary>So many in the order are looked at: what a step spends on the queue has a bound.</summary>
    public const int LookAhead = 32;

    /// <summary>
    /// Sequences that run to a block that is left free. In simulations of a crowded cache most requests were served well
    /// with 4: with 1 the cache was not used, with none there were ten times the preemptions.
    /// </summary>
    public const int RunningPerSpareBlock = 4;

    /// <summary>Starts the next request that may start now.</summary>
    /// <param name="runningCount">Sequences that run.</param>
    /// <param name="timestamp">When the step starts.</param>
    /// <param name="group">The request.</param>
    public bool TryAdmit(int runningCount, long timestamp, [NotNullWhen(true)] out SequenceGroup? group)
    {
        group = waiting.First;
        if (group is not null && !TryStart(group, runningCount, timestamp))
        {
            group.HeldUpSince ??= timestamp;
            group = IsDue(group, timestamp) ? null : StartOther(group, runningCount, timestamp);
        }

        return group is not null;
    }

    private SequenceGroup? StartOther(SequenceGroup first, int runningCount, long timestamp)
    {
        if (runningCount == limits.MaxRunningSequences)
        {
            return null;
        }

        foreach (SequenceGroup group in waiting.All.Take(LookAhead))
        {
            if (group != first && TryStart(group, runningCount, timestamp))
            {
                return group;
            }

            // It was the first before others came to stand ahead of it.
            if (IsDue(group, timestamp))
            {
                return null;
            }
        }

        return null;
    }

    private bool IsDue(SequenceGroup group, long timestamp) =>
        group.HeldUpSince is long since && time.GetElapsedTime(since, timestamp) >= limits.SkipAhead;

    private bool TryStart(SequenceGroup group, int runningCount, long timestamp)
    {
        if (runningCount + group.LivingCount > limits.MaxRunningSequences)
        {
            return false;
        }

        CacheDemand demand = limits.Admission == AdmissionMode.Reserve
            ? group.CacheDemand
            : group.FirstDemand(limits.CacheLayout.BlockSize) with { SpareBlockCount = SpareFor(runningCount) };
        if (!blocks.TryAllocate(in demand, out BlockTable[]? tables))
        {
            return false;
        }

        waiting.Remove(group);
        group.Start(tables, limits.CacheLayout.BlockSize, timestamp);
        waiting.Charge(group);
        return true;
    }
    private static int SpareFor(int runningCount) => (runningCount + RunningPerSpareBlock - 1) / RunningPerSpareBlock;
}
