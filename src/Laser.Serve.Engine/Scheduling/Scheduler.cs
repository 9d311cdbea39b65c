using System.Runtime.InteropServices;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// Says what each step computes. It knows no phases: a sequence has tokens, some of them computed, and a step computes
/// as many of the others as its budget allows.
/// <para>
/// The running sequences are served in the order they were admitted. An earlier one is served before a later one gets
/// anything, so it has always caught up first: those that decode (one token pending) stand before those that still read
/// their prompt, and come first without being looked for. The budget is at least the number of sequences that may run,
/// so a decode never waits for a prompt. How much of a prompt goes beside decodes is up to <see cref="StepBudget"/>.
/// </para>
/// <para>
/// Rows of logits have a budget of their own, at least one for each that may run. It holds up those prompts alone whose
/// every token gets logits. Such a prompt can stand before one that decodes already, and so leaves a token and a row to
/// each that runs behind it.
/// </para>
/// <para>
/// <see cref="Admission"/> admits a request only with all the blocks, slots and places that its sequences can come to
/// need. So nothing that runs ever has to give way, and the first in the queue has its turn when enough of those before
/// it are done. Its sequences run from then on; all but the first have nothing to compute before the prompt is done.
/// Only with <see cref="AdmissionMode.Optimistic"/> blocks are given one by one, and <see cref="Preemption"/> takes back
/// what is lacking. Nothing is admitted in a step that began like that.
/// </para>
/// </summary>
internal sealed class Scheduler
{
    private readonly AdmissionQueue _waiting;
    private readonly Admission _admission;
    private readonly Preemption? _preemption;
    private readonly int _maxLogitRows;
    private readonly List<Sequence> _running = [];
    private readonly ScheduledBatch _batch = new();

    /// <summary>Nothing waits or runs.</summary>
    public Scheduler(BlockManager blocks, EngineLimits limits, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxTokensPerStep, limits.MaxRunningSequences);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxLogitRows, limits.MaxRunningSequences);
        _waiting = new AdmissionQueue(time, limits.Fairness);
        _admission = new Admission(blocks, _waiting, limits, time);
        _preemption = limits.Admission == AdmissionMode.Optimistic ? new Preemption(blocks, _waiting) : null;
        _maxLogitRows = limits.MaxLogitRows;
        Budget = new StepBudget(limits);
    }

    /// <summary>Tokens of a step.</summary>
    public StepBudget Budget { get; }

    /// <summary>Requests in the queue.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Tokens of their prompts.</summary>
    public long WaitingPromptTokenCount => _waiting.PromptTokenCount;

    /// <summary>Sequences that have blocks.</summary>
    public int RunningCount => _running.Count;

    /// <summary>Times that a request gave its blocks back to others, so far.</summary>
    public long PreemptionCount => _preemption?.Count ?? 0;

    /// <summary>Tokens that were in the cache for these requests.</summary>
    public long PreemptedTokenCount => _preemption?.TokenCount ?? 0;

    /// <summary>Those that have blocks, in the order of admission.</summary>
    public ReadOnlySpan<Sequence> Running => CollectionsMarshal.AsSpan(_running);

    /// <summary>What a key was served, in the weighted tokens of <see cref="FairShares"/>.</summary>
    public long ServedTo(string key) => _waiting.ServedTo(key);

    /// <summary>Puts a new request in the queue. It must fit the cache when that is empty.</summary>
    public void Enqueue(SequenceGroup group) => _waiting.Add(group);

    /// <summary>The next step: empty only if there is nothing left to do. Valid until the next call.</summary>
    /// <param name="timestamp">When the step starts.</param>
    public ScheduledBatch Schedule(long timestamp)
    {
        bool hasRoom = _preemption?.MakeRoom(_running) ?? true;
        _batch.Clear(Budget.TokensWith(Running));
        for (int i = 0; i < _running.Count; i++)
        {
            Assign(_running[i], laterCount: _running.Count - i - 1);
        }

        while (hasRoom
            && _batch.TokenCount < _batch.TokenBudget
            && _admission.TryAdmit(_running.Count, timestamp, out SequenceGroup? admitted))
        {
            Run(admitted);
            Assign(admitted.FirstLiving, laterCount: 0);
        }

        return _batch;
    }

    /// <summary>Notes what a step computed and lets those go that ended with it.</summary>
    public void Complete(ScheduledBatch batch)
    {
        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            scheduled.Sequence.Computed(scheduled.TokenCount);
        }

        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            _waiting.Charge(scheduled.Sequence.Group);
        }

        _running.RemoveAll(static sequence => sequence.Status == SequenceStatus.Finished);
    }

    /// <summary>Takes a request out, wherever it is. Between steps only.</summary>
    public void Remove(SequenceGroup group)
    {
        _waiting.Remove(group);
        _running.RemoveAll(sequence => sequence.Group == group);
    }

    /// <summary>Takes all requests out, those that run first.</summary>
    public List<SequenceGroup> RemoveAll()
    {
        List<SequenceGroup> all = [.. _running.Select(sequence => sequence.Group).Distinct(), .. _waiting.All];
        all.ForEach(_waiting.Remove);
        _running.Clear();
        return all;
    }

    private void Run(SequenceGroup group)
    {
        foreach (Sequence sequence in group.Sequences)
        {
            if (sequence.Status == SequenceStatus.Running)
            {
                _running.Add(sequence);
            }
        }
    }

    // Gives a sequence its part of the step. So many that run are served after it.
    private void Assign(Sequence sequence, int laterCount)
    {
        int tokensLeft = _batch.TokenBudget - _batch.TokenCount;
        int rowsLeft = _maxLogitRows - _batch.LogitCount;
        int tokenCount = Math.Min(sequence.ReadyTokenCount, tokensLeft);
        if (sequence.CatchesUp)
        {
            // So may this one.
            tokenCount = Math.Min(tokenCount, tokensLeft - laterCount);
        }

        if (sequence.WantsPromptLogits)
        {
            // It may still read when those behind it decode: each of them keeps a token and a row.
            tokenCount = Math.Min(tokenCount, Math.Min(tokensLeft, rowsLeft) - laterCount);
        }
        else if (tokenCount == sequence.PendingTokenCount && rowsLeft == 0)
        {
            // It was just admitted, and its last token waits for the row that it has from the next step on.
            tokenCount--;
        }

        if (tokenCount > 0)
        {
            int lastRows = tokenCount == sequence.PendingTokenCount ? 1 : 0;
            int logitCount = sequence.WantsPromptLogits ? tokenCount : lastRows;
            _batch.Add(new ScheduledSequence(sequence, tokenCount, logitCount));
        }
    }
}
