using System.Diagnostics;
using System.Diagnostics.Metrics;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Telemetry;

public sealed class EngineMetricsTests : IDisposable
{
    private readonly Meter _meter = new("engine metrics test");
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, List<double>> _values = [];
    private readonly Dictionary<string, ActivityContext> _traces = [];

    public EngineMetricsTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    [Fact]
    public async Task Request_Served_IsMeasured()
    {
        await using var engine = new TestEngine(meter: _meter);
        engine.Runner.BeforeRun = _ => engine.Time.Advance(TimeSpan.FromSeconds(1));
        Task<Generation> generation = engine.Generate(TestEngine.Request(promptLength: 40, maxTokens: 3));
        engine.Time.Advance(TimeSpan.FromSeconds(5));
        engine.StepUntilIdle();
        await generation;

        Assert.Equal([5 + 2.0], _values["laser.time_to_first_token"]);
        Assert.Equal([1.0, 1.0], _values["laser.inter_token_latency"]);
        Assert.Equal([9.0], _values["laser.request.duration{outcome=length}"]);
        Assert.Equal([5.0], _values["laser.queue.duration"]);
        Assert.Equal([2.0], _values["laser.prefill.duration"]);
        Assert.Equal([2.0], _values["laser.decode.duration"]);
        Assert.Equal([1.0, 1.0], _values["laser.step.duration{kind=prefill}"]);
        Assert.Equal([1.0, 1.0], _values["laser.step.duration{kind=decode}"]);
        Assert.Equal([4.0], _values["laser.inference.duration"]);
        Assert.Equal([1.0], _values["laser.time_per_output_token"]);
        Assert.Equal([40.0], _values["laser.request.prompt_tokens"]);
        Assert.Equal([3.0], _values["laser.request.generated_tokens"]);
        Assert.Equal([3.0], _values["laser.request.max_tokens"]);
        Assert.Equal([1.0], _values["laser.request.sequences"]);
        Assert.Equal([32.0, 8.0, 1.0, 1.0], _values["laser.batch.tokens"]);
        Assert.Equal([1.0, 1.0, 1.0, 1.0], _values["laser.batch.sequences"]);
        Assert.Equal([40.0], _values["laser.prompt.tokens{source=computed}"]);
        Assert.Equal([0.0], _values["laser.prompt.tokens{source=cached}"]);
        Assert.Equal([40.0], _values["laser.prefix_cache.queries"]);
        Assert.Equal([0.0], _values["laser.prefix_cache.hits"]);
        Assert.Equal(3, _values["laser.generated.tokens"].Sum());
    }

    [Fact]
    public async Task Request_CachedPromptOfSeveralSequences_IsMeasuredOnce()
    {
        await using var engine = new TestEngine(meter: _meter);
        await engine.GenerateByHand(TestEngine.Request(promptLength: 40));
        _values.Clear();

        await engine.GenerateAllByHand(TestEngine.Request(promptLength: 50) with { SequenceCount = 3 });
        await engine.GenerateByHand(TestEngine.Request(promptLength: 40) with { UsePrefixCache = false });
        _listener.RecordObservableInstruments();

        Assert.Equal([18.0, 40.0], _values["laser.prompt.tokens{source=computed}"]);
        Assert.Equal([32.0, 0.0], _values["laser.prompt.tokens{source=cached}"]);
        Assert.Equal([50.0], _values["laser.prefix_cache.queries"]);
        Assert.Equal([32.0], _values["laser.prefix_cache.hits"]);
        Assert.Equal([3.0], _values["laser.kv.blocks.cached"]);
        Assert.Equal(2, _values["laser.time_to_first_token"].Count);
        Assert.Equal(2, _values["laser.request.duration{outcome=length}"].Count);
        Assert.Equal(4, _values["laser.decode.duration"].Count);
        Assert.Equal(20, _values["laser.generated.tokens"].Sum());
    }

    // Tokens of one step come at one time: between them is nothing, and all together it is the time of decoding.
    [Fact]
    public async Task Request_GuessedTokens_AreCountedAndComeAtOneTime()
    {
        EngineOptions options = TestEngine.Options();
        options.SpeculativeTokens = 4;
        await using var engine = new TestEngine(options: options, meter: _meter);
        engine.Runner.Logits = FakeModelRunner.Always(context => context.Length == 20 ? 99 : 65 + (context.Length % 3));
        engine.Runner.BeforeRun = _ => engine.Time.Advance(TimeSpan.FromSeconds(1));

        GenerationRequest request = TestEngine.Request() with { PromptTokenIds = [65, 66, 67, 65, 66, 67], MaxTokens = 20 };
        Generation generation = await engine.GenerateByHand(request);

        double drafted = _values["laser.speculative.draft_tokens"].Sum();
        double accepted = _values["laser.speculative.accepted_tokens"].Sum();
        List<double> latencies = _values["laser.inter_token_latency"];
        Assert.Equal(20, generation.TokenIds.Count);
        Assert.InRange(accepted, 5, drafted - 1);
        Assert.Equal(19, latencies.Count);
        Assert.Equal(accepted, latencies.Count(latency => latency == 0));
        Assert.Equal(19 - accepted, latencies.Sum());
        Assert.Equal([19 - accepted], _values["laser.decode.duration"]);
    }

    [Fact]
    public async Task Request_TimeLimitAndAbort_AreOutcomesOfTheirOwn()
    {
        var engine = new TestEngine(meter: _meter);
        Task<Generation> limited = engine.Generate(TestEngine.Request() with { TimeLimit = TimeSpan.FromTicks(1) });
        Task<Generation> aborted = engine.Generate(TestEngine.Request());
        engine.Time.Advance(TimeSpan.FromTicks(1));
        engine.Step();
        await engine.Engine.DisposeAsync();

        Assert.Equal(FinishReason.TimeLimit, (await limited).Summary.FinishReason);
        await Assert.ThrowsAsync<EngineException>(() => aborted);
        Assert.Single(_values["laser.request.duration{outcome=time_limit}"]);
        Assert.Equal([1.0], _values["laser.failed_requests{error=aborted}"]);
    }

    [Fact]
    public async Task Gauges_WhileRunning_ShowTheSnapshot()
    {
        await using var engine = new TestEngine(options: TestEngine.Options(running: 1), meter: _meter);
        Task<Generation> running = engine.Generate(TestEngine.Request(promptLength: 20, maxTokens: 20));
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        engine.Step();

        _listener.RecordObservableInstruments();

        Assert.Equal([1.0], _values["laser.requests.running"]);
        Assert.Equal([1.0], _values["laser.requests.waiting"]);
        Assert.Equal([3.0], _values["laser.queue.prompt_tokens"]);
        Assert.Equal([3.0], _values["laser.kv.blocks.used"]);
        Assert.Equal([0.0], _values["laser.kv.blocks.cached"]);
        Assert.Equal([61.0], _values["laser.kv.blocks.free"]);
        Assert.Equal([64.0], _values["laser.kv.blocks.capacity"]);
        Assert.Equal([3 / 64.0], _values["laser.kv.usage"]);
        Assert.Equal([1.0], _values["laser.kv.sealed_blocks"]);
        Assert.Equal([2.0], _values["laser.kv.wide_blocks"]);
        Assert.Equal([3.0], _values["laser.kv.raw_blocks"]);
        Assert.Equal([4.0], _values["laser.kv.raw_pages.used"]);
        Assert.Equal([5.0], _values["laser.kv.value_spread.largest"]);
        engine.StepUntilIdle();
        await Task.WhenAll(running, waiting);
    }

    [Fact]
    public async Task Gauges_OfTwoEngines_AreOneSeriesWithTheirSum()
    {
        var metrics = new EngineMetrics(_meter);
        var first = new TestEngine(metrics: metrics);
        await using var second = new TestEngine(metrics: metrics);
        Task<Generation> running = second.Generate(TestEngine.Request(promptLength: 20, maxTokens: 20));
        second.Step();

        _listener.RecordObservableInstruments();
        await first.DisposeAsync();
        _listener.RecordObservableInstruments();

        Assert.Equal([128.0, 64.0], _values["laser.kv.blocks.capacity"]);
        Assert.Equal([1.0, 1.0], _values["laser.requests.running"]);
        Assert.Equal([2.0, 2.0], _values["laser.kv.sealed_blocks"]); // what the first one counted is not forgotten
        second.StepUntilIdle();
        await running;
    }

    [Fact]
    public async Task Preemptions_OfOptimisticAdmission_AreCountedWithTheirTokens()
    {
        EngineOptions options = TestEngine.Options();
        options.Admission = AdmissionMode.Optimistic;
        await using var engine = new TestEngine(new FakeModelRunner(blockCount: 8), options, meter: _meter);
        Task<Generation>[] generations =
            [engine.Generate(TestEngine.Request(30, 90)), engine.Generate(TestEngine.Request(30, 90))];
        engine.StepUntilIdle();
        await Task.WhenAll(generations);

        _listener.RecordObservableInstruments();

        Assert.Equal([engine.Snapshot.PreemptionCount], _values["laser.preemptions"]);
        Assert.Equal([engine.Snapshot.PreemptedTokenCount], _values["laser.preempted.tokens"]);
        Assert.InRange(engine.Snapshot.PreemptionCount, 1, 3);
        Assert.InRange(engine.Snapshot.PreemptedTokenCount, 30, 300);
        Assert.Equal(180, _values["laser.generated.tokens"].Sum());
        Assert.Equal(60, _values["laser.prompt.tokens{source=computed}"].Sum());
    }

    [Fact]
    public async Task Cancellation_InEachState_IsCountedByPhase()
    {
        EngineOptions options = TestEngine.Options(running: 2, tokensPerStep: 16);
        await using var engine = new TestEngine(options: options, meter: _meter);
        using var cancellation = new CancellationTokenSource();
        Task<Generation>[] generations =
        [
            engine.Generate(TestEngine.Request(promptLength: 1), cancellation.Token),
            engine.Generate(TestEngine.Request(promptLength: 40), cancellation.Token),
            engine.Generate(TestEngine.Request(), cancellation.Token),
        ];
        engine.Step();
        await cancellation.CancelAsync();
        engine.Step();

        foreach (string phase in new[] { "queued", "prefill", "decode" })
        {
            Assert.Equal([1.0], _values[$"laser.cancelled_requests{{phase={phase}}}"]);
        }

        Assert.Equal(3, _values["laser.request.duration{outcome=cancelled}"].Count);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(generations));
    }

    [Fact]
    public async Task LastStep_BeforeAndAfterOne_IsZeroAndThatTime()
    {
        await using var engine = new TestEngine(meter: _meter);
        _listener.RecordObservableInstruments();
        Assert.Equal([0.0], _values["laser.last_step.timestamp"]);
        _values.Clear();
        engine.Time.Advance(TimeSpan.FromSeconds(90.5));

        await engine.GenerateByHand(TestEngine.Request());
        engine.Time.Advance(TimeSpan.FromSeconds(7));
        _listener.RecordObservableInstruments();

        Assert.Equal([90.5], _values["laser.last_step.timestamp"]);
    }

    [Fact]
    public async Task Refusals_OfEachKind_AreCountedByReason()
    {
        var engine = new TestEngine(options: TestEngine.Options(queued: 1), meter: _meter);
        Task<Generation> waiting = engine.Generate(TestEngine.Request());
        await Assert.ThrowsAsync<EngineException>(() => engine.Generate(TestEngine.Request()));
        await Assert.ThrowsAsync<EngineException>(() => engine.Generate(TestEngine.Request(maxTokens: 5000)));
        await engine.Engine.DisposeAsync();
        await Assert.ThrowsAsync<EngineException>(() => engine.Generate(TestEngine.Request()));
        await Assert.ThrowsAsync<EngineException>(() => waiting);

        Assert.Equal([1.0], _values["laser.rejections{reason=overloaded}"]);
        Assert.Equal([1.0], _values["laser.rejections{reason=prompt_too_long}"]);
        Assert.Equal([1.0], _values["laser.rejections{reason=draining}"]);
        Assert.Equal([1.0], _values["laser.failed_requests{error=draining}"]);
        Assert.Single(_values["laser.request.duration{outcome=error}"]);
    }

    [Fact]
    public async Task Step_PromptBesideGeneratedTokens_IsMixed()
    {
        await using var engine = new TestEngine(meter: _meter);
        Task<Generation> first = engine.Generate(TestEngine.Request(maxTokens: 3));
        engine.Step();
        Task<Generation> second = engine.Generate(TestEngine.Request(maxTokens: 3));
        engine.StepUntilIdle();
        await Task.WhenAll(first, second);

        Assert.Single(_values["laser.step.duration{kind=prefill}"]);
        Assert.Single(_values["laser.step.duration{kind=mixed}"]);
        Assert.Equal(2, _values["laser.step.duration{kind=decode}"].Count);
    }

    [Fact]
    public async Task Step_BlocksSealedMeanwhile_RecordsTheSpreadOfEach()
    {
        await using var engine = new TestEngine(meter: _meter);
        long[] bySpread = new long[256];
        int step = 0;
        engine.Runner.BeforeRun = _ =>
        {
            bySpread[10 * ++step] += step;
            engine.Runner.CacheStatistics = new KvCacheStatistics(step, 0, 0, 0, 0) { SealedBySpread = bySpread };
        };

        await engine.GenerateByHand(TestEngine.Request(maxTokens: 3));

        Assert.Equal([10.0, 20, 20, 30, 30, 30], _values["laser.kv.value_spread"]);
    }

    [Fact]
    public async Task Request_WithATrace_IsNamedWhileItIsMeasured()
    {
        await using var engine = new TestEngine(meter: _meter);
        var trace = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

        await engine.GenerateByHand(TestEngine.Request(maxTokens: 2) with { Trace = trace });

        Assert.Equal(trace, _traces["laser.time_to_first_token"]);
        Assert.Equal(trace, _traces["laser.inter_token_latency"]);
        Assert.Equal(trace, _traces["laser.time_per_output_token"]);
        Assert.Equal(default, _traces["laser.batch.tokens"]);
        Assert.Equal(default, MeasuredRequest.Trace);
    }

    [Fact]
    public async Task Failure_NumbersNotFinite_IsCounted()
    {
        await using var engine = new TestEngine(meter: _meter);
        engine.Runner.Fault = _ => SequenceFault.ValueOutOfRange;

        await Assert.ThrowsAsync<EngineException>(() => engine.GenerateByHand(TestEngine.Request()));

        Assert.Equal([1.0], _values["laser.nonfinite_outputs"]);
        Assert.Equal([1.0], _values["laser.failed_requests{error=non_finite}"]);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string key = tags.Length == 0 ? instrument.Name : $"{instrument.Name}{{{tags[0].Key}={tags[0].Value}}}";
        if (!_values.TryGetValue(key, out List<double>? values))
        {
            _values[key] = values = [];
        }

        values.Add(value);
        _traces[instrument.Name] = MeasuredRequest.Trace;
    }
}
