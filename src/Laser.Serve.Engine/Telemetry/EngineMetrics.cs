using System.Diagnostics.Metrics;
using Laser.Serve.Compute.Attention;
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
    private readonly ObservedEngines _engines = new();
    private readonly Lock _gaugesLock = new();
    private readonly CacheMetrics _cache;
    private readonly StepMetrics _steps;
    private readonly RequestMetrics _requests;
    private readonly Counter<long> _rejections;
    private readonly Counter<long> _cancellations;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _promptTokens;
    private readonly Counter<long> _prefixQueries;
    private readonly Counter<long> _prefixHits;
    private readonly Counter<long> _generatedTokens;
    private readonly Counter<long> _draftTokens;
    private readonly Counter<long> _acceptedTokens;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _interTokenLatency;
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _queueDuration;
    private readonly Histogram<double> _prefillDuration;
    private readonly Histogram<double> _decodeDuration;
    private bool _hasGauges;

    /// <summary>Makes the instruments in a meter of the factory's.</summary>
    public EngineMetrics(IMeterFactory factory)
        : this(factory.Create(MeterName))
    {
        StartAtZero();
    }

    /// <summary>Makes the instruments in <paramref name="meter"/>, which stays the caller's.</summary>
    public EngineMetrics(Meter meter)
    {
        _meter = meter;
        _cache = new CacheMetrics(meter);
        _steps = new StepMetrics(meter);
        _requests = new RequestMetrics(meter);
        _rejections = Counter("laser.rejections", "{request}", "Requests refused at the door, by reason.");
        _cancellations = Counter("laser.cancelled_requests", "{request}", "Requests whose reader went away, by phase.");
        _failures = Counter("laser.failed_requests", "{request}", "Accepted requests that failed, by error.");
        _promptTokens = Counter("laser.prompt.tokens", "{token}", "Tokens of prompts, computed or found in the cache.");
        _prefixQueries = Counter("laser.prefix_cache.queries", "{token}", "Tokens of prompts that were looked up in the prefix cache.");
        _prefixHits = Counter("laser.prefix_cache.hits", "{token}", "Tokens of prompts that were found in the prefix cache.");
        _generatedTokens = Counter("laser.generated.tokens", "{token}", "Tokens sampled.");
        _draftTokens = Counter("laser.speculative.draft_tokens", "{token}", "Tokens guessed and computed.");
        _acceptedTokens = Counter("laser.speculative.accepted_tokens", "{token}", "Tokens guessed that were right.");
        _timeToFirstToken = Seconds("laser.time_to_first_token", "From submission to the first token.");
        _interTokenLatency = Seconds("laser.inter_token_latency", "From one token of a sequence to the next.");
        _requestDuration = Seconds("laser.request.duration", "From submission to the end, by outcome.");
        _queueDuration = Seconds("laser.queue.duration", "From submission to the first step of a request.");
        _prefillDuration = Seconds("laser.prefill.duration", "From the first step of a request to its first token.");
        _decodeDuration = Seconds("laser.decode.duration", "From the first token to the last.");
    }

    /// <summary>Where an engine puts the spreads of its value blocks.</summary>
    internal ValueSpreads CreateValueSpreads() => _cache.CreateValueSpreads();

    /// <summary>Lets the gauges show an engine, together with the others that they show.</summary>
    /// <param name="layout">Of its cache; that of all.</param>
    /// <param name="snapshot">Its state.</param>
    internal void Observe(KvCacheLayout layout, Func<EngineSnapshot> snapshot)
    {
        _engines.Add(snapshot);
        lock (_gaugesLock)
        {
            if (!_hasGauges)
            {
                _hasGauges = true;
                AddGauges(layout);
            }
        }
    }

    /// <summary>Shows an engine no more that has ended; what it has counted stays.</summary>
    internal void Forget(Func<EngineSnapshot> snapshot) => _engines.Remove(snapshot);

    internal void RequestRefused(EngineError error) => _rejections.Add(1, Tag("reason", NameOf(error)));

    internal void RequestCancelled(SequenceGroup group) => _cancellations.Add(1, Tag("phase", PhaseOf(group)));

    internal void TokenGenerated(Sequence sequence, TimeSpan? sincePrevious)
    {
        _generatedTokens.Add(1);
        if (sincePrevious is TimeSpan latency)
        {
            using ExemplarScope scope = new(sequence.Request.Trace);
            _interTokenLatency.Record(latency.TotalSeconds);
        }
        else if (sequence == sequence.Group.First)
        {
            using ExemplarScope scope = new(sequence.Request.Trace);
            _timeToFirstToken.Record(sequence.Times.SinceSubmission.TotalSeconds);
            PromptDone(sequence.Group);
        }
    }

    internal void DraftVerified(int draftedCount, int acceptedCount)
    {
        _draftTokens.Add(draftedCount);
        _acceptedTokens.Add(acceptedCount);
    }

    internal void RequestFinished(SequenceGroup group)
    {
        using ExemplarScope scope = new(group.Request.Trace);
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

        _requests.Finished(group);
        if (group.Failure is EngineException failure)
        {
            _failures.Add(1, Tag("error", NameOf(failure.Error)));
        }
    }

    internal void StepCompleted(ScheduledBatch batch, StepKind kind, TimeSpan duration) =>
        _steps.Completed(batch, kind, duration);

    private void AddGauges(KvCacheLayout layout)
    {
        Gauge("laser.requests.running", "{request}", "Sequences that hold blocks of the cache.", s => s.RunningCount);
        Gauge("laser.requests.waiting", "{request}", "Requests in the queue.", s => s.WaitingCount);
        Gauge("laser.queue.prompt_tokens", "{token}", "Tokens of the prompts in the queue.", WaitingTokens);
        _meter.CreateObservableGauge(
            "laser.last_step.timestamp",
            () => (_engines.Sum.LastStep ?? DateTimeOffset.UnixEpoch).ToUnixTimeMilliseconds() / 1000.0,
            "s",
            "When the last step was completed, since 1970; 0 before the first.");
        _cache.Observe(layout, () => _engines.Sum);
        Total("laser.preemptions", "{request}", "Times that a request gave its blocks back.", s => s.PreemptionCount);
        Total("laser.preempted.tokens", "{token}", "Tokens in the blocks that requests gave back.", s => s.PreemptedTokenCount);

        static int WaitingTokens(EngineSnapshot state) =>
            (int)Math.Min(state.WaitingPromptTokenCount, int.MaxValue);

        void Gauge(string name, string unit, string description, Func<EngineSnapshot, int> value) =>
            _meter.CreateObservableGauge(name, () => value(_engines.Sum), unit, description);

        void Total(string name, string unit, string description, Func<EngineSnapshot, long> value) =>
            _meter.CreateObservableCounter(name, () => value(_engines.Sum), unit, description);
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

    private Histogram<double> Seconds(string name, string description) =>
        HistogramBounds.Seconds(_meter, name, description);

    // A series that appears with its first event has no rate of that event: what there can be is there from the start.
    private void StartAtZero()
    {
        foreach (string reason in (string[])["overloaded", "prompt_too_long", "draining"])
        {
            _rejections.Add(0, Tag("reason", reason));
        }

        foreach (string phase in (string[])["queued", "prefill", "decode"])
        {
            _cancellations.Add(0, Tag("phase", phase));
        }

        foreach (string source in (string[])["computed", "cached"])
        {
            _promptTokens.Add(0, Tag("source", source));
        }

        _prefixQueries.Add(0);
        _prefixHits.Add(0);
        _generatedTokens.Add(0);
        _draftTokens.Add(0);
        _acceptedTokens.Add(0);
        _requests.StartAtZero();
        foreach (EngineError error in Enum.GetValues<EngineError>())
        {
            _failures.Add(0, Tag("error", NameOf(error)));
        }
    }

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
        EngineError.DeviceLost => "device_lost",
        EngineError.CacheExhausted => "cache_exhausted",
        EngineError.NonFinite => "non_finite",
        EngineError.NothingAllowed => "nothing_allowed",
        _ => "step_failed",
    };
}
