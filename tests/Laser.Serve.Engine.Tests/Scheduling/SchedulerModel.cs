using System.Diagnostics.Metrics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Speculation;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Scheduling;

/// <summary>
/// A scheduler with its blocks and a fake model, driven by operations. Few different tokens, so that prompts and texts
/// often begin alike.
/// </summary>
internal sealed partial class SchedulerModel : IDisposable
{
    private const int MaxRunning = 5;
    private const int TokensPerStep = 24;
    private const int LogitRows = 9;
    private const int BlockSize = 16;

    private readonly Meter _meter = new("scheduler model");
    private readonly ManualTimeProvider _time = new();
    private readonly EngineLimits _limits;
    private readonly int _keyCount;
    private readonly FakeModelRunner _runner;
    private readonly BlockManager _blocks;
    private readonly Scheduler _scheduler;
    private readonly BlockSharing _sharing;
    private readonly Speculator _speculator;
    private readonly ModelInputBuilder _input;
    private readonly List<SequenceGroup> _all = [];
    private TimeSpan _stepTime = TimeSpan.FromSeconds(1);

    /// <summary>Nothing has come.</summary>
    /// <param name="admission">What a request must find free.</param>
    /// <param name="skipAheadSeconds">How long others may go ahead of the first in the queue.</param>
    /// <param name="keyCount">Fairness keys.</param>
    /// <param name="speculativeTokens">Tokens guessed for a sequence.</param>
    public SchedulerModel(
        AdmissionMode admission, int skipAheadSeconds = 0, int keyCount = 1, int speculativeTokens = 0)
    {
        KvCacheLayout layout = FakeModelRunner.LayoutOf(
            admission == AdmissionMode.Reserve ? 20 : 9, openSlotCount: MaxRunning);
        _keyCount = keyCount;
        _runner = new FakeModelRunner(layout.BlockCount, MaxRunning);
        _input = new ModelInputBuilder(layout, TokensPerStep, MaxRunning);
        _limits = TestEngine.Limits(layout, MaxRunning, TokensPerStep, LogitRows) with
        {
            Admission = admission,
            TargetStep = TimeSpan.FromSeconds(1),
            SpeculativeTokens = speculativeTokens,
            SkipAhead = TimeSpan.FromSeconds(skipAheadSeconds),
        };
        _blocks = new BlockManager(layout, _runner);
        _scheduler = new Scheduler(_blocks, _limits, _time);
        _sharing = new BlockSharing(_runner, _blocks);
        _scheduler.Budget.Calibrate(new StepTime(0.1, 0.05));
        _speculator = new Speculator(_runner, _limits, new EngineMetrics(_meter));
    }

    /// <summary>Steps that had fewer tokens than they could hold, for the time they would take.</summary>
    public int ShortenedStepCount { get; private set; }

    /// <summary>Blocks that were in several tables at some time, counted at every look.</summary>
    public int SharedBlockCount { get; private set; }

    /// <summary>Guesses that were computed.</summary>
    public int DraftedCount { get; private set; }

    /// <summary>Of these, those taken back.</summary>
    public int TakenBackCount => _runner.TruncatedRowCount;

    /// <summary>Requests that were admitted before one that stands ahead of them.</summary>
    public int SkipCount { get; private set; }

    /// <summary>Times that a request gave way.</summary>
    public long PreemptionCount => _scheduler.PreemptionCount;

    // All that they had, computed or not.
    private int PreemptedTokenCount { get; set; }

    private List<SequenceGroup> Living => [.. _all.Where(group => !group.HasEnded)];

    public void Apply(SchedulerOperation operation)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        switch (operation.Kind)
        {
            case SchedulerOperationKind.Submit:
                Submit(operation);
                break;
            case SchedulerOperationKind.Cancel when Living.Count > 0:
                SequenceGroup cancelled = Living[operation.First % Living.Count];
                _scheduler.Remove(cancelled);
                cancelled.End(FinishReason.Cancelled);
                break;
            case SchedulerOperationKind.Slow:
                _stepTime = TimeSpan.FromMilliseconds(operation.First * operation.First);
                break;
            case SchedulerOperationKind.Fail:
                Step(failing: operation.First);
                break;
            case SchedulerOperationKind.Step:
                Step(failing: null);
                break;
        }
    }

    public void AssertInvariants()
    {
        Sequence[] running = _scheduler.Running.ToArray();
        Dictionary<int, List<(Sequence Sequence, int Index)>> holders = Holders(running);
        Assert.Equal(_blocks.UsedCount, holders.Count);
        Assert.Equal(_blocks.TotalCount, _blocks.UsedCount + _blocks.FreeCount + _blocks.IdleCount);
        for (int block = 0; block < _blocks.TotalCount; block++)
        {
            List<(Sequence Sequence, int Index)> held = holders.GetValueOrDefault(block, []);
            Assert.Equal(held.Count, _blocks.ReferenceCount(block));
            if (held.Count > 1)
            {
                SharedBlockCount++;
                AssertSameContent(held);
            }
        }

        SequenceGroup[] waiting = [.. Living.Where(group => group.IsWaiting)];
        Assert.Equal(waiting.Length, _scheduler.WaitingCount);
        Assert.Equal(waiting.Sum(group => group.First.PromptTokenCount), _scheduler.WaitingPromptTokenCount);
        Assert.Equal(running.Length, running.Select(sequence => sequence.Blocks!.OpenSlot).Distinct().Count());
        Assert.InRange(running.Length, 0, MaxRunning);
        Assert.All(_all.SelectMany(Sequences).Except(running), sequence => Assert.Null(sequence.Blocks));
        Assert.All(running, sequence => Assert.Equal(SequenceStatus.Running, sequence.Status));
        Assert.Empty(_runner.Violations);
    }

    public void AssertEverySequenceFinishes()
    {
        int tokens = _all.Sum(group => group.First.PromptTokenCount + group.Request.MaxTokens);
        for (int steps = 0; Living.Count > 0; steps++)
        {
            Assert.True(steps <= tokens + PreemptedTokenCount, "The scheduler makes no progress.");
            _time.Advance(TimeSpan.FromSeconds(1));
            Step(failing: null);
            AssertInvariants();
        }

        Assert.Equal(_blocks.TotalCount, _blocks.FreeCount + _blocks.IdleCount);
        Assert.Equal(_blocks.IdleCount, _runner.OwnedBlockCount);
        while (_blocks.IdleCount > 0)
        {
            _blocks.EvictOldest();
        }

        Assert.Equal(0, _runner.OwnedBlockCount);
    }

    public void Dispose()
    {
        _runner.Dispose();
        _meter.Dispose();
    }

    private static IEnumerable<Sequence> Sequences(SequenceGroup group) => group.Sequences.ToArray();

    private static Dictionary<int, List<(Sequence Sequence, int Index)>> Holders(Sequence[] running)
    {
        Dictionary<int, List<(Sequence Sequence, int Index)>> holders = [];
        foreach (Sequence sequence in running)
        {
            int[] blocks = sequence.Blocks!.Blocks.ToArray();
            Assert.Equal(blocks.Length, blocks.Distinct().Count());
            for (int i = 0; i < blocks.Length; i++)
            {
                holders.TryAdd(blocks[i], []);
                holders[blocks[i]].Add((sequence, i));
            }
        }

        return holders;
    }

    // Only full blocks are shared, at one place, by sequences that are equal up to their end.
    private static void AssertSameContent(List<(Sequence Sequence, int Index)> held)
    {
        (Sequence first, int index) = held[0];
        int end = (index + 1) * BlockSize;
        foreach ((Sequence sequence, int at) in held)
        {
            Assert.Equal(index, at);
            Assert.True(end <= sequence.ComputedTokenCount, "A block is shared that is not full.");
            Assert.True(first.TokenIds[..end].SequenceEqual(sequence.TokenIds[..end]));
        }
    }

    // What does not fit the cache is refused at the door.
    private void Submit(SchedulerOperation operation)
    {
        int kind = operation.Third;
        GenerationRequest request = TestEngine.Request(operation.First, operation.Second) with
        {
            PromptTokenIds = [.. Enumerable.Range(0, operation.First).Select(i => i < 40 ? 65 : 65 + (kind % 2))],
            SequenceCount = kind % 3 == 0 ? 1 + (kind % MaxRunning) : 1,
            Priority = kind % 4 == 0 ? kind % 7 : 0,
            UsePrefixCache = kind % 10 > 0,
            CacheSalt = kind % 11 == 0 ? "salt" : "",
            PromptTopLogprobs = kind % 7 == 0 ? 0 : null,
            FairnessKey = $"{kind % _keyCount}",
        };
        if (_limits.WhyTooLong(request) is null)
        {
            var group = new SequenceGroup(
                request, new FakeTokenizer(), new StopStrings([]), vocabularySize: 300, _time);
            _all.Add(group);
            _scheduler.Enqueue(group);
        }
    }

    private void Step(int? failing)
    {
        List<SequenceGroup> waiting = [.. Living.Where(group => group.IsWaiting)];
        bool decodes = _scheduler.Running.ToArray().Any(sequence => sequence.GeneratedTokenCount > 0);
        SequenceGroup[] running = [.. _scheduler.Running.ToArray().Select(sequence => sequence.Group).Distinct()];
        Dictionary<SequenceGroup, int[]> tokens = running.ToDictionary(
            group => group, group => group.Sequences.ToArray().SelectMany(one => one.TokenIds.ToArray()).ToArray());
        ScheduledBatch batch = _scheduler.Schedule(_time.GetTimestamp());
        int budget = batch.TokenBudget;
        Assert.Equal(Living.Count == 0, batch.IsEmpty);
        Assert.InRange(batch.TokenCount, 0, budget);
        Assert.True(decodes || budget == TokensPerStep, "Nothing decodes, and the step is cut all the same.");
        ShortenedStepCount += batch.TokenCount == budget && budget < TokensPerStep ? 1 : 0;
        AssertAdmittedInOrder(waiting);
        AssertPreempted(running, tokens, waiting);
        if (!batch.IsEmpty)
        {
            _speculator.AddDrafts(batch);
            AssertWellFormed(batch);
            float[] logits = new float[batch.LogitCount * _runner.VocabularySize];
            _runner.Run(_input.Build(batch), logits, new SequenceFault[batch.Sequences.Length]);
            Finish(batch, failing);
        }
    }

    private void Finish(ScheduledBatch batch, int? failing)
    {
        if (failing is int which)
        {
            Fail(batch, which % batch.Sequences.Length);
        }

        _sharing.Share(batch);
        for (int i = 0; i < batch.Sequences.Length; i++)
        {
            ScheduledSequence scheduled = batch.Sequences[i];
            Sequence sequence = scheduled.Sequence;
            if (sequence.Status == SequenceStatus.Running && scheduled.TokenCount == sequence.PendingTokenCount)
            {
                batch.SetComputed(i, scheduled.TokenCount + AppendAll(scheduled));
            }
        }

        _speculator.Settle(batch);
        _scheduler.Complete(batch);
        _scheduler.Budget.StepTook(batch, _stepTime);
    }

    // What fails with a draft is repeated without one.
    private static void Fail(ScheduledBatch batch, int index)
    {
        ScheduledSequence scheduled = batch.Sequences[index];
        if (scheduled.DraftCount > 0)
        {
            batch.SetComputed(index, 0);
        }
        else
        {
            scheduled.Sequence.Group.Fail(new EngineException(EngineError.NonFinite, "As the test wants."));
        }
    }

    // One token behind the prompt for all sequences of a request, and one for each guess that is right and the next.
    private static int AppendAll(ScheduledSequence scheduled)
    {
        if (scheduled.Sequence.GeneratedTokenCount == 0)
        {
            foreach (Sequence sequence in scheduled.Sequence.Group.Sequences)
            {
                Append(sequence);
            }

            return 0;
        }

        int right = 0;
        while (Append(scheduled.Sequence) && right < scheduled.DraftCount)
        {
            right++;
        }

        return right;
    }

    // Each its own token now and then; true if it goes on as it was guessed.
    private static bool Append(Sequence sequence)
    {
        int guess = sequence.NextGuess;
        bool own = sequence.GeneratedTokenCount % 20 == 19;
        if (sequence.Status == SequenceStatus.Running)
        {
            sequence.Append(new SampledToken(own ? 70 + sequence.Index : 65), 0);
        }

        return sequence.Status == SequenceStatus.Running && sequence.TokenIds[^1] == guess;
    }
}
