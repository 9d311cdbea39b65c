using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Simulation.Running;

namespace Laser.Serve.Simulation.Results;

/// <summary>Counts what becomes of the requests of a run.</summary>
internal sealed class RunTally(SloOptions slo)
{
    private readonly long _ttftLimit = SimulatedClock.FromSeconds(slo.TtftSeconds);
    private readonly long _itlLimit = SimulatedClock.FromSeconds(slo.ItlSeconds);
    private readonly Durations _ttft = new();
    private readonly Durations _itl = new();
    private readonly Durations _queue = new();
    private readonly Durations _total = new();
    private readonly long[] _ended = new long[Enum.GetValues<FinishReason>().Length];
    private long _refused;
    private long _tooLong;
    private long _good;
    private long _generated;
    private long _promptTokens;
    private long _cachedTokens;
    private long _blockSteps;
    private long _usedBlockSteps;

    /// <summary>A request was refused at the door.</summary>
    public void Refused(EngineError error)
    {
        if (error == EngineError.PromptTooLong)
        {
            _tooLong++;
        }
        else
        {
            _refused++;
        }
    }

    /// <summary>A client has its next token.</summary>
    public void TokenArrived(LiveRequest request, long now)
    {
        _generated++;
        if (request.TokenCount++ == 0)
        {
            request.FirstToken = now;
            _ttft.Add(now - request.Arrival);
        }
        else
        {
            _itl.Add(now - request.LastToken);
        }

        request.LastToken = now;
    }

    /// <summary>A request has ended in whatever way.</summary>
    public void Ended(LiveRequest request)
    {
        SequenceGroup group = request.Group;
        FinishReason reason = group.FinishReason ?? FinishReason.Error;
        _ended[(int)reason]++;
        if (request.TokenCount > 0)
        {
            // Before the first token nobody knows what a request found in the cache.
            _queue.Add(group.First.Times.InQueue.Ticks * (1_000_000_000 / TimeSpan.TicksPerSecond));
            _promptTokens += group.First.PromptTokenCount;
            _cachedTokens += group.CachedTokenCount;
        }

        if (reason is FinishReason.Stop or FinishReason.Length)
        {
            _total.Add(request.LastToken - request.Arrival);
            bool good = request.FirstToken - request.Arrival <= _ttftLimit && request.MeanGap <= _itlLimit;
            _good += good ? 1 : 0;
        }
    }

    /// <summary>A step is over.</summary>
    public void Stepped(EngineSnapshot snapshot)
    {
        _blockSteps += snapshot.TotalBlockCount;
        _usedBlockSteps += snapshot.UsedBlockCount;
    }

    /// <summary>The result of a run.</summary>
    /// <param name="rate">Requests a second.</param>
    /// <param name="end">When the last request ended, in nanoseconds.</param>
    /// <param name="replicas">The servers.</param>
    public RunResult Result(double rate, long end, IReadOnlyCollection<Replica> replicas)
    {
        long steps = replicas.Sum(replica => replica.Runner.StepCount);
        long finished = _ended[(int)FinishReason.Stop] + _ended[(int)FinishReason.Length];
        return new RunResult
        {
            Rate = rate,
            Seconds = SimulatedClock.ToSeconds(end),
            Requests = _ended.Sum() + _refused + _tooLong,
            Finished = finished,
            Refused = _refused,
            TooLong = _tooLong,
            Cancelled = _ended[(int)FinishReason.Cancelled],
            TimedOut = _ended[(int)FinishReason.TimeLimit],
            Failed = _ended[(int)FinishReason.Error],
            Good = _good,
            GeneratedTokens = _generated,
            PromptTokens = _promptTokens,
            CachedTokens = _cachedTokens,
            Steps = steps,
            MeanBatch = Part(replicas.Sum(replica => replica.Runner.SequenceCount), steps),
            MeanStepTokens = Part(replicas.Sum(replica => replica.Runner.TokenCount), steps),
            Utilisation = Part(replicas.Sum(replica => replica.Runner.BusyTime), (double)end * replicas.Count),
            CacheUse = Part(_usedBlockSteps, _blockSteps),
            Preemptions = replicas.Sum(replica => replica.PreemptionCount),
            Ttft = _ttft.Summarize(),
            Itl = _itl.Summarize(),
            Queue = _queue.Summarize(),
            Total = _total.Summarize(),
        };
    }

    private static double Part(long part, double whole) => whole == 0 ? 0 : part / whole;
}
