using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>The engine's instruments, written by what happens. Durations are in seconds.</summary>
public sealed class EngineMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Laser.Serve.Engine";

    private readonly Meter _meter;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _cancellations;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _promptTokens;
    private readonly Counter<long> _prefixQueries;
    private readonly Counter<long> _prefixHits;
    private readonly Counter<long> _generatedTokens;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _interTokenLatency;
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _queueDuration;
    private readonly Histogram<double> _prefillDuration;
    private readonly Histogram<double> _decodeDuration;
    private readonly Histogram<double> _stepDuration;
    private readonly Histogram<int> _batchSequences;
    private readonly Histogram<int> _batchTokens;

    /// <summary>Makes the instruments in a meter of the factory's.</summary>
    public EngineMetrics(IMeterFactory factory)
        : this(factory.Create(MeterName))
    {
    }

    /// <summary>Makes the instruments in <paramref name="meter"/>, which stays the caller's.</summary>
    public EngineMetrics(Meter meter)
    {
        _meter = meter;
        _rejections = Counter("laser.rejections", "{request}", "Requests refused at the door, by reason.");
        _cancellations = Counter("laser.cancelled_requests", "{request}", "Requests whose reader went away, by phase.");
        _failures = Counter("laser.failed_requests", "{request}", "Accepted requests that failed, by error.");
        _promptTokens = Counter("laser.prompt.tokens", "{token}", "Tokens of prompts, computed or found in the cache.");
        _prefixQueries = Counter("laser.prefix_cache.queries", "{token}", "Tokens of prompts that were looked up.");
        _prefixHits = Counter("laser.prefix_cache.hits", "{token}", "Of these, those found.");
        _generatedTokens = Counter("laser.generated.tokens", "{token}", "Tokens sampled.");
        _timeToFirstToken = Seconds("laser.time_to_first_token", "From submission to the first token.");
        _interTokenLatency = Seconds("laser.inter_token_latency", "From one token of a sequence to the next.");
        _requestDuration = Seconds("laser.request.duration", "From submission to the end, by outcome.");
        _queueDuration = Seconds("laser.queue.duration", "From submission to the first step of a request.");
        _prefillDuration = Seconds("laser.prefill.duration", "From the first step of a request to its first token.");
        _decodeDuration = Seconds("laser.decode.duration", "From the first token to the last.");
        _stepDuration = Seconds("laser.step.duration", "One step of the engine.");
        _batchSequences = Sizes("laser.batch.sequences", "{sequence}", "Sequences in a step.");
        _batchTokens = Sizes("laser.batch.tokens", "{token}", "Tokens computed in a step.");
    }

    /// <summary>Adds the gauges that show an engine's state.</summary>
    internal void Observe(Func<EngineSnapshot> snapshot)
    {
        Gauge("laser.requests.running", "{request}", "Sequences that hold blocks of the cache.", s => s.RunningCount);
        Gauge("laser.requests.waiting", "{request}", "Requests in the queue.", s => s.WaitingCount);
        Gauge("laser.queue.prompt_tokens", "{token}", "Tokens of the prompts in the queue.", WaitingTokens);
        Gauge("laser.kv.blocks.used", "{block}", "Cache blocks that sequences hold.", s => s.UsedBlockCount);
        Gauge("laser.kv.blocks.cached", "{block}", "Cache blocks kept for their prefix.", s => s.CachedBlockCount);
        Gauge("laser.kv.blocks.free", "{block}", "Cache blocks with nothing in them.", s => s.FreeBlockCount);
        Gauge("laser.kv.blocks.total", "{block}", "Cache blocks there are.", s => s.TotalBlockCount);
        Gauge("laser.kv.raw_pages.used", "{page}", "Pages of raw values in use.", s => s.Cache.RawPagesUsed);
        Gauge("laser.kv.value_spread.largest", "{bit}", "Largest spread of a block.", s => s.Cache.LargestSpreadBits);
        _meter.CreateObservableGauge(
            "laser.last_step.timestamp",
            () => (snapshot().LastStep ?? DateTimeOffset.UnixEpoch).ToUnixTimeMilliseconds() / 1000.0,
            "s",
            "When the last step was completed, since 1970; 0 before the first.");
        Total("laser.preemptions", "Times that a request gave its blocks back.", s => s.PreemptionCount, "{request}");
        Total(
            "laser.preempted.tokens", "Tokens in these blocks.", s => s.PreemptedTokenCount, "{token}");
        Total("laser.kv.sealed_blocks", "Value blocks sealed, per layer and kv head.", s => s.Cache.SealedBlocks);
        Total("laser.kv.wide_blocks", "Of these, those summed in fp64.", s => s.Cache.WideBlocks);
        Total("laser.kv.raw_blocks", "Of these, those that keep fp32 values.", s => s.Cache.RawBlocks);

        static int WaitingTokens(EngineSnapshot state) =>
            (int)Math.Min(state.WaitingPromptTokenCount, int.MaxValue);

        void Gauge(string name, string unit, string description, Func<EngineSnapshot, int> value) =>
            _meter.CreateObservableGauge(name, () => value(snapshot()), unit, description);

        void Total(string name, string description, Func<EngineSnapshot, long> value, string unit = "{block}") =>
            _meter.CreateObservableCounter(name, () => value(snapshot()), unit, description);
    }

    internal void RequestRefused(EngineError error) => _rejections.Add(1, Tag("reason", NameOf(error)));

    internal void RequestCancelled(SequenceGroup group) => _cancellations.Add(1, Tag("phase", PhaseOf(group)));

    internal void TokenGenerated(Sequence sequence, TimeSpan? sincePrevious)
    {
        _generatedTokens.Add(1);
        if (sincePrevious is TimeSpan latency)
        {
            _interTokenLatency.Record(latency.TotalSeconds);
        }
        else if (sequence == sequence.Group.First)
        {
            _timeToFirstToken.Record(sequence.Times.SinceSubmission.TotalSeconds);
            PromptDone(sequence.Group);
        }
    }

    internal void RequestFinished(SequenceGroup group)
    {
        SequenceTimes times = group.First.Times;
        _requestDuration.Record(times.SinceSubmission.TotalSeconds, Tag("outcome", OutcomeOf(group)));
        _queueDuration.Record(times.InQueue.TotalSeconds);
        if (group.HasTokens)
        {
            _prefillDuration.Record(times.InPrefill.TotalSeconds);
            foreach (Sequence sequence in group.Sequences)
            {
                _decodeDuration.Record(sequence.Times.InDecode.TotalSeconds);
            }
        }

        if (group.Failure is EngineException failure)
        {
            _failures.Add(1, Tag("error", NameOf(failure.Error)));
        }
    }

    internal void StepCompleted(ScheduledBatch batch, TimeSpan duration)
    {
        _stepDuration.Record(duration.TotalSeconds);
        _batchSequences.Record(batch.Sequences.Length);
        _batchTokens.Record(batch.TokenCount);
    }

    private void PromptDone(SequenceGroup group)
    {
        int cached = group.CachedTokenCount;
        _promptTokens.Add(group.First.PromptTokenCount - cached, Tag("source", "computed"));
        _promptTokens.Add(cached, Tag("source", "cached"));
        if (group.ReadsPrefixes)
        {
            _prefixQueries.Add(group.First.PromptTokenCount);
            _prefixHits.Add(cached);
        }
    }

    private Counter<long> Counter(string name, string unit, string description) =>
        _meter.CreateCounter<long>(name, unit, description);

    // From 0.5 ms to 65 s, each bound twice the one before.
    private Histogram<double> Seconds(string name, string description) => _meter.CreateHistogram(
        name, "s", description, tags: null, Bounds(0.0005, static x => x));

    private Histogram<int> Sizes(string name, string unit, string description) => _meter.CreateHistogram(
        name, unit, description, tags: null, Bounds(1, static x => (int)x));

    private static InstrumentAdvice<T> Bounds<T>(double first, Func<double, T> convert)
        where T : struct =>
        new() { HistogramBucketBoundaries = [.. Enumerable.Range(0, 18).Select(i => convert(first * (1 << i)))] };

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);

    private static string PhaseOf(SequenceGroup group) => group switch
    {
        { IsWaiting: true } => "queued",
        { HasTokens: false } => "prefill",
        _ => "decode",
    };

    private static string OutcomeOf(SequenceGroup group) => group.FinishReason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.TimeLimit => "time_limit",
        FinishReason.Cancelled => "cancelled",
        _ => "error",
    };

    private static string NameOf(EngineError error) => error switch
    {
        EngineError.Overloaded => "overloaded",
        EngineError.PromptTooLong => "prompt_too_long",
        EngineError.Draining => "draining",
        EngineError.Aborted => "aborted",
        EngineError.CacheExhausted => "cache_exhausted",
        EngineError.NonFinite => "non_finite",
        EngineError.NothingAllowed => "nothing_allowed",
        _ => "step_failed",
    };
}
