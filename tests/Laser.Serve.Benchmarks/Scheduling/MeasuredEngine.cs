using System.Diagnostics;
using System.Diagnostics.Metrics;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Benchmarks.Scheduling;

/// <summary>A running engine over a model, as a server starts it, and clients that look at the clock.</summary>
internal sealed class MeasuredEngine : IAsyncDisposable
{
    private readonly Meter _meter = new("benchmark");
    private readonly ModelRunner _runner;
    private readonly InferenceEngine _engine;

    public MeasuredEngine(RandomModel model, EngineOptions options)
    {
        _runner = model.CreateRunner(options);
        _engine = new InferenceEngine(
            _runner,
            new SilentTokenizer(),
            options,
            NullLogger<InferenceEngine>.Instance,
            TimeProvider.System,
            new EngineMetrics(_meter));
        _engine.Calibrate();
        _engine.Start();
    }

    /// <summary>Tokens of random text, always the same for a seed.</summary>
    public static int[] Text(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(RandomModel.VocabularySize))];
    }

    /// <summary>Sends a request and reads its answer to the end, or until the reader leaves.</summary>
    public async Task<MeasuredAnswer> AskAsync(
        GenerationRequest request, MeasuredAnswer? answer = null, CancellationToken cancellationToken = default)
    {
        answer ??= new MeasuredAnswer(request);
        answer.Sent = Stopwatch.GetTimestamp();
        try
        {
            await foreach (TokenOutput output in _engine.GenerateAsync(request, cancellationToken))
            {
                answer.Add(output, Stopwatch.GetTimestamp());
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It has read enough.
        }

        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _runner.Dispose();
        _meter.Dispose();
    }
}
