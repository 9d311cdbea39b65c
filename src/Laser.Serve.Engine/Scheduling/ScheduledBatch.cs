using System.Runtime.InteropServices;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>A sequence's part of a step.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="TokenCount">How many of its pending tokens are computed.</param>
/// <param name="LogitCount">How many of these, at their end, get logits.</param>
internal readonly record struct ScheduledSequence(Sequence Sequence, int TokenCount, int LogitCount);

/// <summary>What a step computes. One object, filled anew for every step.</summary>
internal sealed class ScheduledBatch
{
    private readonly List<ScheduledSequence> _sequences = [];

    public ReadOnlySpan<ScheduledSequence> Sequences => CollectionsMarshal.AsSpan(_sequences);

    public int TokenCount { get; private set; }

    public int LogitCount { get; private set; }

    public bool IsEmpty => _sequences.Count == 0;

    public void Clear()
    {
        _sequences.Clear();
        TokenCount = 0;
        LogitCount = 0;
    }

    public void Add(ScheduledSequence scheduled)
    {
        _sequences.Add(scheduled);
        TokenCount += scheduled.TokenCount;
        LogitCount += scheduled.LogitCount;
    }
}
