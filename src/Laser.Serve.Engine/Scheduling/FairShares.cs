using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// Virtual token counters (Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024): what each key was
/// served, in weighted tokens. Among the keys that have requests waiting the one with the least counter is next, so a
/// key that asks for more than its share waits and the others do not. None starves: while it waits its counter stands
/// still, and that of whoever is served instead grows.
/// <para>
/// Who comes back is lifted to the least counter of those that wait, or, where nobody waits, to that of the last who
/// did: time without requests is no credit. What is computed again after a preemption, and what was found in the cache,
/// is not counted.
/// </para>
/// </summary>
internal sealed class FairShares
{
    /// <summary>What a token of a prompt counts.</summary>
    public const int PromptWeight = 1;

    /// <summary>What a generated token counts: it takes longer.</summary>
    public const int GeneratedWeight = 2;

    /// <summary>What a level of priority is worth between keys, in the tokens of the counters.</summary>
    public const int PriorityLevel = 256;

    /// <summary>Keys with nothing waiting that are remembered, so that they keep what they owe.</summary>
    public const int RememberedKeys = 1024;

    private readonly Dictionary<string, FairShare> _all = new(StringComparer.Ordinal);
    private readonly List<FairShare> _waiting = [];
    private FairShare? _lastToWait;

    /// <summary>Keys that are known.</summary>
    public int Count => _all.Count;

    /// <summary>The one whose first request is next; null if nothing waits.</summary>
    public FairShare? First
    {
        get
        {
            FairShare? first = null;
            foreach (FairShare share in _waiting)
            {
                first = first is null || share.IsBefore(first) ? share : first;
            }

            return first;
        }
    }

    /// <summary>All that wait: key by key, the one that is next before the others.</summary>
    public IEnumerable<SequenceGroup> All => _waiting.Count == 1
        ? _waiting[0].Waiting.All
        : _waiting.Order(Comparer<FairShare>.Create(static (one, other) => one.CompareTo(other)))
            .SelectMany(static share => share.Waiting.All);

    /// <summary>What a key was served; zero if it is not known.</summary>
    public long ServedTo(string key) => _all.TryGetValue(key, out FairShare? share) ? share.Served : 0;

    /// <summary>Lets a request wait.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="group">The request.</param>
    /// <param name="time">Where it stands among those of its key.</param>
    /// <param name="number">The same, where times are equal.</param>
    public void Add(string key, SequenceGroup group, long time, long number)
    {
        if (!_all.TryGetValue(key, out FairShare? share))
        {
            Forget();
            _all.Add(key, share = new FairShare(key));
        }

        if (share.Waiting.Count == 0)
        {
            share.Served = Math.Max(share.Served, LeastServed());
            _waiting.Add(share);
        }

        share.Waiting.Add(group, time, number);
    }

    /// <summary>Takes a request out; false if it does not wait.</summary>
    public bool Remove(string key, SequenceGroup group)
    {
        if (!_all.TryGetValue(key, out FairShare? share) || !share.Waiting.Remove(group))
        {
            return false;
        }

        if (share.Waiting.Count == 0)
        {
            _waiting.Remove(share);
            _lastToWait = share;
        }

        return true;
    }

    /// <summary>Counts what a key was served.</summary>
    public void Charge(string key, long weightedTokens)
    {
        if (_all.TryGetValue(key, out FairShare? share))
        {
            share.Served += weightedTokens;
        }
    }

    private long LeastServed() =>
        _waiting.Count > 0 ? _waiting.Min(static share => share.Served) : _lastToWait?.Served ?? 0;

    // Whoever owes least loses least: when it comes back it is lifted anyway.
    private void Forget()
    {
        if (_all.Count - _waiting.Count >= RememberedKeys)
        {
            FairShare idle = _all.Values.Where(static share => share.Waiting.Count == 0)
                .MinBy(static share => share.Served)!;
            _all.Remove(idle.Key);
        }
    }
}
