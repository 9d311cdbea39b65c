using Grpc.Core;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Bench;

/// <summary>Counts what becomes of the calls of a level. Thread-safe; locks for a call, never for a token.</summary>
internal sealed class LevelTally(SloOptions slo, TimeProvider time)
{
    private static readonly TimeSpan LateBy = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly Sample _lateness = new();
    private readonly Sample _ttft = new();
    private readonly Sample _itl = new();
    private readonly Sample _messageGap = new();
    private readonly Sample _tpot = new();
    private readonly Sample _total = new();
    private readonly Sample _queue = new();
    private readonly long[] _ended = new long[Enum.GetValues<CallEnd>().Length];
    private readonly SortedDictionary<string, FailureCount> _failures = new(StringComparer.Ordinal);
    private long _inFlight;
    private long _mostInFlight;
    private long _good;
    private long _short;
    private long _late;
    private long _promptTokens;
    private long _cachedTokens;
    private long _outputTokens;

    /// <summary>Calls that have ended, and those that are open.</summary>
    public (long Ended, long InFlight) Counts
    {
        get
        {
            lock (_lock)
            {
                return (_ended.Sum(), _inFlight);
            }
        }
    }

    /// <summary>A call is about to be made.</summary>
    public void Starting()
    {
        lock (_lock)
        {
            _mostInFlight = Math.Max(_mostInFlight, ++_inFlight);
        }
    }

    /// <summary>A call has ended in whatever way.</summary>
    public void Ended(CallRecord call)
    {
        lock (_lock)
        {
            _inFlight--;
            _ended[(int)call.End]++;
            _outputTokens += call.TokenCount;
            TimeSpan late = time.GetElapsedTime(call.Intended, call.Sent);
            _lateness.Add(Math.Max(0, late.TotalSeconds));
            _late += late > LateBy ? 1 : 0;
            if (call.FirstToken is long first)
            {
                _ttft.Add(Seconds(call.Intended, first));
                _promptTokens += call.PromptTokens;
                _cachedTokens += call.CachedTokens;
                AddGaps(call);
            }

            if (call.End == CallEnd.Finished)
            {
                AddFinished(call);
            }
            else if (call.End == CallEnd.Failed)
            {
                AddFailure(call.Failure);
            }
        }
    }

    /// <summary>The result of the level, when no call is open.</summary>
    /// <param name="level">The level.</param>
    /// <param name="started">When it began.</param>
    /// <param name="duration">From its start to the end of its last call.</param>
    /// <param name="processorTime">Processor time that the client took.</param>
    /// <param name="interrupted">Whether it was stopped before its end.</param>
    public LevelResult Result(
        BenchLevel level, DateTimeOffset started, TimeSpan duration, TimeSpan processorTime, bool interrupted)
    {
        lock (_lock)
        {
            return new LevelResult
            {
                Mode = level.Mode,
                Value = level.Value,
                Started = started,
                Interrupted = interrupted,
                Seconds = duration.TotalSeconds,
                Requests = _ended.Sum(),
                Finished = _ended[(int)CallEnd.Finished],
                Cancelled = _ended[(int)CallEnd.Cancelled],
                TimedOut = _ended[(int)CallEnd.TimedOut],
                Failed = _ended[(int)CallEnd.Failed],
                Unfinished = _ended[(int)CallEnd.Interrupted],
                Good = _good,
                Short = _short,
                Failures = _failures,
                PromptTokens = _promptTokens,
                CachedTokens = _cachedTokens,
                OutputTokens = _outputTokens,
                MostInFlight = _mostInFlight,
                Late = _late,
                ClientProcessorSeconds = processorTime.TotalSeconds,
                Lateness = _lateness.Summarize(),
                Ttft = _ttft.Summarize(),
                Itl = _itl.Summarize(),
                MessageGap = _messageGap.Summarize(),
                Tpot = _tpot.Summarize(),
                Total = _total.Summarize(),
                Queue = _queue.Summarize(),
                ItlQuantiles = _itl.Quantiles(100),
            };
        }
    }

    private void AddGaps(CallRecord call)
    {
        foreach (TokenGap gap in call.Gaps)
        {
            double seconds = Seconds(0, gap.Time);
            _messageGap.Add(seconds);
            _itl.Add(seconds / gap.TokenCount, gap.TokenCount);
        }
    }

    private void AddFinished(CallRecord call)
    {
        _total.Add(Seconds(call.Intended, call.Ended));
        _short += call.IsShort ? 1 : 0;
        if (call.QueueSeconds is double queue)
        {
            _queue.Add(queue);
        }

        double slowest = 0;
        foreach (SequenceRecord sequence in call.Sequences)
        {
            if (sequence.TokenCount > 1)
            {
                double tpot = Seconds(sequence.First, sequence.Last) / (sequence.TokenCount - 1);
                _tpot.Add(tpot);
                slowest = Math.Max(slowest, tpot);
            }
        }

        bool good = call.FirstToken is long first
            && Seconds(call.Intended, first) <= slo.TtftSeconds && slowest <= slo.ItlSeconds;
        _good += good ? 1 : 0;
    }

    private void AddFailure(Status status)
    {
        string name = StatusName.Of(status.StatusCode);
        FailureCount before = _failures.GetValueOrDefault(name) ?? new FailureCount(0, status.Detail);
        _failures[name] = before with { Count = before.Count + 1 };
    }

    private double Seconds(long from, long to) => time.GetElapsedTime(from, to).TotalSeconds;
}
