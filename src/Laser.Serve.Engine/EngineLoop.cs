using System.Diagnostics;
using System.Threading.Channels;
using Laser.Serve.Compute;
using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Speculation;
using Laser.Serve.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.Engine;

/// <summary>
/// The engine's thread: it alone touches sequences, blocks and the model. The others send commands and read what
/// sequences publish.
/// </summary>
internal sealed class EngineLoop
{
    private readonly GuardedRunner _runner;
    private readonly QueuePlaces _places;
    private readonly EngineLimits _limits;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly EngineMetrics _metrics;
    private readonly ValueSpreads _spreads;
    private readonly BlockManager _blocks;
    private readonly Scheduler _scheduler;
    private readonly TimeLimits _timeLimits;
    private readonly BlockSharing _sharing;
    private readonly BatchExecutor _executor;
    private readonly Speculator _speculator;
    private readonly SnapshotCell _snapshot = new();

    // Without a bound of its own: a submission needs a place in the queue first, and is followed by two cancellations
    // at most.
    private readonly Channel<EngineCommand> _commands =
        Channel.CreateUnbounded<EngineCommand>(new UnboundedChannelOptions { SingleReader = true });

    private readonly List<SequenceGroup> _endedBetweenSteps = [];

    private EngineStatus _status;
    private int _placesInUse;
    private long _promptTokensInUse;
    private long _stepCount;
    private int _largestBatch;
    private DateTimeOffset? _lastStep;

    public EngineLoop(
        GuardedRunner runner,
        EngineLimits limits,
        QueuePlaces places,
        ILogger logger,
        TimeProvider time,
        EngineMetrics metrics)
    {
        _runner = runner;
        _limits = limits;
        _places = places;
        _logger = logger;
        _time = time;
        _metrics = metrics;
        _spreads = metrics.CreateValueSpreads();
        _blocks = new BlockManager(limits.CacheLayout, _runner);
        _scheduler = new Scheduler(_blocks, limits, time);
        _timeLimits = new TimeLimits(time);
        _sharing = new BlockSharing(_runner, _blocks);
        _executor = new BatchExecutor(_runner, limits, metrics);
        _speculator = new Speculator(_runner, limits, metrics);
        PublishSnapshot();
    }

    /// <summary>The state after the last step. Any thread.</summary>
    public EngineSnapshot Snapshot => _snapshot.Read();

    /// <summary>What ended it; null if it has not ended, or was told to.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Sends a command; false if the engine has ended. Any thread.</summary>
    public bool TrySend(EngineCommand command) => _commands.Writer.TryWrite(command);

    /// <summary>Measures how long steps take, for the budget of those to come. Before the first one only.</summary>
    public void Calibrate()
    {
        StepTime? time = StepCalibration.Measure(_runner, _limits, _time);
        _scheduler.Budget.Calibrate(time);
        EngineLog.Calibrated(_logger, time, _limits, _scheduler.Budget.TokensInTarget);
    }

    /// <summary>Steps until it is told to end, and sleeps while there is nothing to do.</summary>
    public void Run()
    {
        Exception? failure = null;
        try
        {
            _status = EngineStatus.Running;
            while (Step() || WaitForCommand())
            {
            }
        }
        catch (DeviceLostException exception)
        {
            EngineLog.DeviceLost(_logger, exception);
            failure = exception;
        }
        catch (Exception exception)
        {
            EngineLog.EngineFailed(_logger, exception);
            failure = exception;
        }

        End(failure);
    }

    /// <summary>One iteration; false if there was nothing to do.</summary>
    public bool Step()
    {
        TakeCommands();
        long started = _time.GetTimestamp();
        EndExpired(started);
        _runner.ThrowIfBroken();
        ScheduledBatch batch = _scheduler.Schedule(started);
        ReturnPlaces();
        if (!batch.IsEmpty)
        {
            _speculator.AddDrafts(batch);
            StepKind kind = StepMetrics.KindOf(batch);
            using Activity? span = StepSpan.Start(batch, kind);
            PublishSnapshot(); // what runs is seen while it does, however long that takes
            _sharing.MakeRoomForRawPages(batch);
            _executor.Run(batch);
            _sharing.Share(batch);
            _executor.Sample(batch, _time.GetTimestamp());
            _speculator.Settle(batch);
            _scheduler.Complete(batch);
            TimeSpan duration = _time.GetElapsedTime(started);
            _scheduler.Budget.StepTook(batch, duration);
            _metrics.StepCompleted(batch, kind, duration);
            _spreads.StepCompleted(_runner.CacheStatistics);
            _stepCount++;
            _lastStep = _time.GetUtcNow();
            _largestBatch = Math.Max(_largestBatch, batch.Sequences.Length);
        }

        PublishSnapshot();
        PublishEnded();
        Publish(batch);
        return !batch.IsEmpty;
    }

    /// <summary>Takes no more commands and ends what is left: the last thing the engine does.</summary>
    /// <param name="failure">What ended the engine; null if it was told to end.</param>
    public void End(Exception? failure)
    {
        Failure = failure;
        _commands.Writer.TryComplete();
        TakeCommands();
        _status = failure is null ? EngineStatus.Stopped : EngineStatus.Failed;
        FailAll(failure);
    }

    // Sleeps until there is a command; false if none is waited for.
    private bool WaitForCommand()
    {
        if (_status == EngineStatus.Draining)
        {
            return false;
        }

        _commands.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();
        return true;
    }

    private void TakeCommands()
    {
        while (_commands.Reader.TryRead(out EngineCommand command))
        {
            switch (command.Kind)
            {
                case EngineCommandKind.Submit:
                    _scheduler.Enqueue(command.Group!);
                    _timeLimits.Add(command.Group!);
                    _placesInUse++;
                    _promptTokensInUse += command.Group!.First.PromptTokenCount;
                    break;
                case EngineCommandKind.Cancel:
                    Cancel(command.Group!);
                    break;
                case EngineCommandKind.Drain:
                    _status = EngineStatus.Draining;
                    break;
                default:
                    _status = EngineStatus.Draining;
                    FailAll(failure: null);
                    break;
            }
        }
    }

    private void Cancel(SequenceGroup group)
    {
        if (!group.HasEnded)
        {
            _metrics.RequestCancelled(group);
            End(group, FinishReason.Cancelled);
        }
    }

    private void EndExpired(long timestamp)
    {
        while (_timeLimits.TryTakeExpired(timestamp, out SequenceGroup? group))
        {
            if (!group.HasEnded)
            {
                End(group, FinishReason.TimeLimit);
            }
        }
    }

    private void End(SequenceGroup group, FinishReason reason)
    {
        _scheduler.Remove(group);
        group.End(reason);
        _endedBetweenSteps.Add(group);
    }

    private void FailAll(Exception? failure)
    {
        List<SequenceGroup> left = _scheduler.RemoveAll();
        foreach (SequenceGroup group in left)
        {
            if (!group.HasEnded)
            {
                group.Fail(WhyEnded(group, failure));
            }
        }

        ReturnPlaces();
        PublishSnapshot();
        _endedBetweenSteps.AddRange(left);
        PublishEnded();
    }

    // What waited had no part in it, nobody had in the loss of a device: without tokens it can be asked for elsewhere.
    private static EngineException WhyEnded(SequenceGroup group, Exception? failure)
    {
        if (failure is DeviceLostException)
        {
            return group.HasTokens
                ? new EngineException(EngineError.Aborted, "The device was lost before the text was complete.", failure)
                : new EngineException(EngineError.DeviceLost, "The device was lost before there was text.", failure);
        }

        if (failure is not null && !group.IsWaiting)
        {
            return new EngineException(EngineError.StepFailed, "The engine ended by an error of its own.", failure);
        }

        return group.HasTokens
            ? new EngineException(EngineError.Aborted, "The engine stopped before the text was complete.")
            : new EngineException(EngineError.Draining, "The engine stopped before the request was served.");
    }

    private void ReturnPlaces()
    {
        _places.Return(
            _placesInUse - _scheduler.WaitingCount, _promptTokensInUse - _scheduler.WaitingPromptTokenCount);
        _placesInUse = _scheduler.WaitingCount;
        _promptTokensInUse = _scheduler.WaitingPromptTokenCount;
    }

    private void Publish(ScheduledBatch batch)
    {
        SequenceGroup? last = null;
        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            // Those of a request stand side by side.
            if (scheduled.Sequence.Group != last)
            {
                last = scheduled.Sequence.Group;
                Publish(last);
            }
        }
    }

    private void PublishEnded()
    {
        foreach (SequenceGroup group in _endedBetweenSteps)
        {
            Publish(group);
        }

        _endedBetweenSteps.Clear();
    }

    private void Publish(SequenceGroup group)
    {
        if (group.HasEnded)
        {
            _timeLimits.Remove(group);
            _metrics.RequestFinished(group);
            EngineLog.RequestFinished(_logger, group);
        }

        group.Publish();
    }

    private void PublishSnapshot() => _snapshot.Write(new EngineSnapshot
    {
        Status = _status,
        RunningCount = _scheduler.RunningCount,
        WaitingCount = _scheduler.WaitingCount,
        WaitingPromptTokenCount = _scheduler.WaitingPromptTokenCount,
        UsedBlockCount = _blocks.UsedCount,
        CachedBlockCount = _blocks.IdleCount,
        TotalBlockCount = _blocks.TotalCount,
        StepCount = _stepCount,
        PreemptionCount = _scheduler.PreemptionCount,
        PreemptedTokenCount = _scheduler.PreemptedTokenCount,
        LastStep = _lastStep,
        LargestBatch = _largestBatch,
        Cache = _runner.CacheStatistics,
        RawPageCapacity = _limits.CacheLayout.RawPageCount,
    });
}
