using System.Diagnostics.Metrics;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Output;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Results;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Simulation.Running;

/// <summary>
/// A server: the engine, stepped by hand, on a model that only takes time. All times are in nanoseconds of its clock.
/// </summary>
internal sealed class Replica : IAsyncDisposable
{
    private static readonly StopStrings NoStops = new([]);

    private readonly SimulatedClock _clock = new();
    private readonly InferenceEngine _engine;
    private readonly LoadOptions _load;
    private readonly RunTally _tally;
    private readonly List<LiveRequest> _waiting = [];
    private readonly List<LiveRequest> _running = [];
    private readonly PriorityQueue<LiveRequest, long> _cancellations = new();

    /// <summary>Nothing has come yet, and its clock is at zero.</summary>
    public Replica(ReplicaOptions options, LoadOptions load, Meter meter, RunTally tally)
    {
        _load = load;
        _tally = tally;
        Runner = new SimulatedModelRunner(options.Cost, _clock, options.ContextLength, options.CreateCacheLayout());
        _engine = new InferenceEngine(
            Runner,
            new SimulatedTokenizer(),
            options.Engine,
            NullLogger<InferenceEngine>.Instance,
            _clock,
            new EngineMetrics(meter));
    }

    public SimulatedModelRunner Runner { get; }

    /// <summary>Times that a request gave its blocks back to others.</summary>
    public long PreemptionCount => _engine.Snapshot.PreemptionCount;

    /// <summary>When its last request ended.</summary>
    public long LastEnd { get; private set; }

    /// <summary>Requests that it has.</summary>
    public int LiveCount => _waiting.Count + _running.Count;

    /// <summary>Steps until the step that is in progress at some time is done, or there is nothing to do.</summary>
    public void RunUntil(long time)
    {
        while (_clock.Now < time && LiveCount > 0)
        {
            Step();
        }
    }

    /// <summary>Sends it a request. It must have run until that comes.</summary>
    public void Submit(PlannedRequest planned)
    {
        // A request that comes in the middle of a step waits for its end like any other.
        long now = Math.Max(_clock.Now, planned.Arrival);
        _clock.Now = planned.Arrival;
        try
        {
            var request = new LiveRequest(_engine.Submit(Create(planned), NoStops), planned.Arrival);
            _waiting.Add(request);
            if (planned.Cancellation is long cancellation)
            {
                _cancellations.Enqueue(request, cancellation);
            }
        }
        catch (EngineException refusal)
        {
            _tally.Refused(refusal.Error);
        }

        _clock.Now = now;
    }

    public async ValueTask DisposeAsync() => await _engine.DisposeAsync();

    // The model always wants to stop: that is what the least number of tokens is for.
    private GenerationRequest Create(PlannedRequest planned) => new()
    {
        Id = "simulated",
        PromptTokenIds = planned.Prompt,
        MaxTokens = _load.MaxTokens ?? planned.OutputLength,
        MinTokens = planned.OutputLength - 1,
        StopTokenIds = [SimulatedTokenizer.EndToken],
        IncludeStop = true,
        Sampling = new SamplingParams { Temperature = 0 },
        TimeLimit = _load.TimeLimitSeconds is double seconds ? TimeSpan.FromSeconds(seconds) : null,
    };

    private void Step()
    {
        while (_cancellations.TryPeek(out LiveRequest? request, out long time) && time <= _clock.Now)
        {
            _cancellations.Dequeue();
            _engine.Cancel(request.Group);
        }

        bool worked = _engine.Loop.Step();
        EngineSnapshot snapshot = _engine.Snapshot;
        if (worked)
        {
            _tally.Stepped(snapshot);
        }

        int before = LiveCount;
        NoteAdmitted(snapshot.WaitingCount);
        _running.RemoveAll(Read);
        if (LiveCount < before)
        {
            LastEnd = _clock.Now;
        }
        else if (!worked)
        {
            throw new InvalidOperationException($"The engine has {LiveCount} requests and does nothing.");
        }
    }

    // Looks through the queue only where somebody has left it: it can be long.
    private void NoteAdmitted(int waitingCount)
    {
        int waitAgain = _running.Count(static request => request.Group.IsWaiting);
        if (_waiting.Count + waitAgain != waitingCount)
        {
            _running.AddRange(_waiting.Where(static request => !request.Group.IsWaiting));
            _waiting.RemoveAll(static request => !request.Group.IsWaiting);
        }
    }

    // Takes what the engine published; true if that was the end.
    private bool Read(LiveRequest request)
    {
        while (request.Group.Output.TryRead(out SequenceOutput output))
        {
            if (output.Summary is null)
            {
                _tally.TokenArrived(request, _clock.Now);
            }
        }

        if (!request.Group.HasEnded)
        {
            return false;
        }

        _tally.Ended(request);
        return true;
    }
}
