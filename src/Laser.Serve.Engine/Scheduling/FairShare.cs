namespace Laser.Serve.Engine.Scheduling;

/// <summary>The requests of one key that wait, and what the key was served.</summary>
internal sealed class FairShare(string key)
{
    public string Key { get; } = key;

    /// <summary>Its virtual token counter.</summary>
    public long Served { get; set; }

    /// <summary>What waits, by time and priority.</summary>
    public GroupsByTime Waiting { get; } = new();

    /// <summary>
    /// Who has less is served first. A level of priority counts as if so many tokens less had been served: it gives a
    /// lead that stays the same, and no larger share.
    /// </summary>
    public long Rank => Served - (FairShares.PriorityLevel * (Waiting.First?.Request.Priority ?? 0L));

    /// <summary>Whether its first request stands before that of another key.</summary>
    public bool IsBefore(FairShare other) => CompareTo(other) < 0;

    public int CompareTo(FairShare other) =>
        (Rank, Waiting.FirstTime).CompareTo((other.Rank, other.Waiting.FirstTime));

    public override string ToString() => $"{Key}: {Served} served, {Waiting.Count} waiting";
}
