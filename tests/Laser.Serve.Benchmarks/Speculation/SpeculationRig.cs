using System.Diagnostics;
using System.Diagnostics.Metrics;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Tokenization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Benchmarks.Speculation;

/// <summary>An engine that guesses so many tokens. It sleeps while another runs, which may have the same model.</summary>
internal sealed class SpeculationRig : IAsyncDisposable
{
    private readonly Meter _meter = new("speculative");
    private readonly MeterListener _listener = new();
    private readonly InferenceEngine _engine;
    private long _drafted;
    private long _accepted;

    public SpeculationRig(IModelRunner runner, ITokenizer tokenizer, EngineOptions options)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter && instrument.Name.StartsWith("laser.speculative.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Interlocked.Add(
            ref instrument.Name == "laser.speculative.draft_tokens" ? ref _drafted : ref _accepted, value));
        _listener.Start();
        _engine = new InferenceEngine(
            runner,
            tokenizer,
            options,
            NullLogger<InferenceEngine>.Instance,
            TimeProvider.System,
            new EngineMetrics(_meter));
        _engine.Start();
    }

    /// <summary>Options of an engine with room for the largest batch.</summary>
    public static EngineOptions Options(int speculativeTokens) => new()
    {
        MaxRunningSequences = SpeculationCase.RequestCount,
        KvCacheMebibytes = 64,
        SpeculativeTokens = speculativeTokens,
    };

    /// <summary>Runs requests at one time; their tokens, and what it took.</summary>
    public async Task<(int[][] Tokens, SpeculationRun Run)> RunAsync(IEnumerable<GenerationRequest> requests)
    {
        (long drafted, long accepted, long steps) =
            (Interlocked.Read(ref _drafted), Interlocked.Read(ref _accepted), _engine.Snapshot.StepCount);
        TimeSpan busy = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        int[][] tokens = await Task.WhenAll(requests.Select(request => Task.Run(() => ReadAsync(request))));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        int count = tokens.Sum(one => one.Length);
        return (tokens, new SpeculationRun(
            count / seconds,
            count / (Environment.CpuUsage.TotalTime - busy).TotalSeconds,
            Interlocked.Read(ref _drafted) - drafted,
            Interlocked.Read(ref _accepted) - accepted,
            _engine.Snapshot.StepCount - steps));
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _listener.Dispose();
        _meter.Dispose();
    }

    private async Task<int[]> ReadAsync(GenerationRequest request)
    {
        List<int> tokens = [];
        await foreach (TokenOutput output in _engine.GenerateAsync(request, CancellationToken.None))
        {
            tokens.AddRange(output.TokenIds);
        }

        return [.. tokens];
    }
}

/// <summary>What a run of some requests took.</summary>
internal readonly record struct SpeculationRun(
    double TokensPerSecond, double TokensPerProcessorSecond, long Drafted, long Accepted, long Steps);
