using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// The requests that wait, in the order they are to be admitted. A level of priority counts as much as
/// <see cref="PriorityLevel"/> of waiting: a request stands where one of priority 0 would that came so much earlier. So
/// a higher priority is served first, equal ones in the order they came, and nobody is overtaken by what comes later
/// than the difference of their levels: nothing starves.
/// </summary>
internal sealed class AdmissionQueue(TimeProvider time)
{
    /// <summary>What a level of priority is worth.</summary>
    public static readonly TimeSpan PriorityLevel = TimeSpan.FromSeconds(5);

    private readonly GroupsByTime _groups = new();

    public int Count => _groups.Count;

    /// <summary>Tokens of all prompts.</summary>
    public long PromptTokenCount { get; private set; }

    /// <summary>The one to be admitted next; null if there is none.</summary>
    public SequenceGroup? First => _groups.First;

    /// <summary>All, in order.</summary>
    public IEnumerable<SequenceGroup> All => _groups.All;

    public void Add(SequenceGroup group)
    {
        long level = (long)PriorityLevel.TotalSeconds * time.TimestampFrequency;
        PromptTokenCount += group.First.PromptTokenCount;
        _groups.Add(group, group.Submitted - (group.Request.Priority * level));
    }

    /// <summary>Takes a group out, if it is there.</summary>
    public void Remove(SequenceGroup group)
    {
        if (_groups.Remove(group))
        {
            PromptTokenCount -= group.First.PromptTokenCount;
        }
    }
}
