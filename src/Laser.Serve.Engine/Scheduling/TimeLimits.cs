using System.Diagnostics.CodeAnalysis;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>The requests that are to end at some time, waiting or running.</summary>
internal sealed class TimeLimits(TimeProvider time)
{
    private readonly GroupsByTime _groups = new();

    /// <summary>Notes the limit of a request, if it has one.</summary>
    public void Add(SequenceGroup group)
    {
        if (group.Request.TimeLimit is TimeSpan limit)
        {
            // A limit that no clock can reach is none.
            double end = group.Submitted + (limit.TotalSeconds * time.TimestampFrequency);
            _groups.Add(group, end < long.MaxValue ? (long)end : long.MaxValue);
        }
    }

    /// <summary>Forgets a request, which may have no limit.</summary>
    public void Remove(SequenceGroup group) => _groups.Remove(group);

    /// <summary>Takes out one whose time is over.</summary>
    public bool TryTakeExpired(long timestamp, [NotNullWhen(true)] out SequenceGroup? group)
    {
        group = _groups.Count > 0 && _groups.FirstTime <= timestamp ? _groups.First : null;
        if (group is not null)
        {
            _groups.Remove(group);
        }

        return group is not null;
    }
}
