using System.Runtime.InteropServices;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>A sequence's part of a step.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="TokenCount">
/// How many of its pending tokens are computed. After the step the guesses that proved right count as well, and it is
/// zero where the step has to be repeated.
/// </param>
/// <param name="LogitCount">How many rows, at their end, get logits: those of a draft are among them.</param>
internal readonly record struct ScheduledSequence(Sequence Sequence, int TokenCount, int LogitCount)
{
    /// <summary>Guesses that are computed behind the pending tokens.</summary>
    public int DraftCount { get; init; }
}

/// <summary>What a step computes. One object, filled anew for every step.</summary>
internal sealed class ScheduledBatch
{
    private readonly List<ScheduledSequence> _sequences = [];

    public ReadOnlySpan<ScheduledSequence> Sequences => CollectionsMarshal.AsSpan(_sequences);

    /// <summary>Rows of the step, those of drafts included.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Rows it may come to have.</summary>
    public int TokenBudget { get; private set; }

    public int LogitCount { get; private set; }

    public bool IsEmpty => _sequences.Count == 0;

    /// <summary>Begins a new step.</summary>
    public void Clear(int tokenBudget)
    {
        _sequences.Clear();
        TokenBudget = tokenBudget;
        TokenCount = 0;
        LogitCount = 0;
    }

    public void Add(ScheduledSequence scheduled)
    {
        _sequences.Add(scheduled);
        TokenCount += scheduled.TokenCount;
        LogitCount += scheduled.LogitCount;
    }

    /// <summary>Adds guesses behind the tokens of a sequence, each with a row of logits.</summary>
    public void AddDraft(int index, int count)
    {
        ref ScheduledSequence scheduled = ref At(index);
        scheduled = scheduled with { LogitCount = scheduled.LogitCount + count, DraftCount = count };
        TokenCount += count;
        LogitCount += count;
    }

    /// <summary>Notes how many tokens of a sequence with a draft the step computed in the end.</summary>
    public void SetComputed(int index, int tokenCount)
    {
        ref ScheduledSequence scheduled = ref At(index);
        scheduled = scheduled with { TokenCount = tokenCount };
    }

    private ref ScheduledSequence At(int index) => ref CollectionsMarshal.AsSpan(_sequences)[index];
}
