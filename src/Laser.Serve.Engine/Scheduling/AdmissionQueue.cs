using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// The requests that wait, in the order they are to be admitted. A level of priority counts as much as
/// <see cref="PriorityLevel"/> of waiting: a request stands where one of priority 0 would that came so much earlier. So
/// a higher priority is served first, equal ones in the order they came, and nobody is overtaken by what comes later
/// than the difference of their levels: nothing starves.
/// <para>
/// That is the order among requests of one <see cref="Requests.GenerationRequest.FairnessKey"/>. Between keys
/// <see cref="FairShares"/> decide, however long each waits: else whoever sends most would be served most.
/// </para>
/// </summary>
/// <param name="time">Clock of the submissions.</param>
/// <param name="fair">Whether keys are told apart.</param>
internal sealed class AdmissionQueue(TimeProvider time, bool fair)
{
    /// <summary>What a level of priority is worth.</summary>
    public static readonly TimeSpan PriorityLevel = TimeSpan.FromSeconds(5);

    private readonly FairShares _shares = new();
    private long _lastNumber;

    public int Count { get; private set; }

    /// <summary>Tokens of all prompts.</summary>
    public long PromptTokenCount { get; private set; }

    /// <summary>The one to be admitted next; null if there is none.</summary>
    public SequenceGroup? First => _shares.First?.Waiting.First;

    /// <summary>All, in order, as far as it is known before the next is admitted.</summary>
    public IEnumerable<SequenceGroup> All => _shares.All;

    /// <summary>Puts a request in the queue; one that was there before gets the place it had.</summary>
    public void Add(SequenceGroup group)
    {
        long number = group.Number ??= ++_lastNumber;
        Count++;
        PromptTokenCount += group.First.PromptTokenCount;
        _shares.Add(KeyOf(group), group, TimeOf(group), number);
    }

    /// <summary>Takes a group out, if it is there.</summary>
    public void Remove(SequenceGroup group)
    {
        if (_shares.Remove(KeyOf(group), group))
        {
            Count--;
            PromptTokenCount -= group.First.PromptTokenCount;
        }
    }

    /// <summary>Counts what a request was served since the last time, for its key.</summary>
    public void Charge(SequenceGroup group)
    {
        long weighted = FairShares.PromptWeight * (long)(group.First.PromptTokenCount - group.CachedTokenCount)
            + (FairShares.GeneratedWeight * (long)group.GeneratedTokenCount);
        _shares.Charge(KeyOf(group), weighted - group.ChargedTokenCount);
        group.ChargedTokenCount = weighted;
    }

    /// <summary>What a key was served, in weighted tokens.</summary>
    public long ServedTo(string key) => _shares.ServedTo(key);

    /// <summary>Whether a request stands behind another in time and priority, of whatever keys.</summary>
    public bool IsBehind(SequenceGroup group, SequenceGroup other) =>
        (TimeOf(group), group.Number ?? 0).CompareTo((TimeOf(other), other.Number ?? 0)) > 0;

    private string KeyOf(SequenceGroup group) => fair ? group.Request.FairnessKey ?? "" : "";

    private long TimeOf(SequenceGroup group)
    {
        long level = (long)PriorityLevel.TotalSeconds * time.TimestampFrequency;
        return group.Submitted - (group.Request.Priority * level);
    }
}
