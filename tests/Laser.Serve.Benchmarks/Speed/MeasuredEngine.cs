using System.Diagnostics;
using System.Diagnostics.Metrics;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Hosting;
using Laser.Serve.Model.Loading;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Benchmarks.Speed;

/// <summary>An engine in this process, as the server has it, with readers that make text of all tokens.</summary>
internal sealed class MeasuredEngine : IAsyncDisposable
{
    // Steps that the measured ones come behind.
    private const int WarmUpSteps = 4;

    private readonly Meter _meter = new(EngineMetrics.MeterName);
    private readonly StepTimes _times;

    private MeasuredEngine(RunnableModel model, EngineOptions options)
    {
        Model = model;
        _times = new StepTimes(_meter);
        Engine = new InferenceEngine(
            model.Runner,
            model.Tokenizer,
            options,
            NullLogger<InferenceEngine>.Instance,
            TimeProvider.System,
            new EngineMetrics(_meter));
        Engine.Start();
    }

    public RunnableModel Model { get; }

    public InferenceEngine Engine { get; }

    public bool IsLaser => Model.Config.Attention.Variant == AttentionVariant.Laser;

    public static MeasuredEngine Start(ServerOptions options) =>
        new(RunnableModel.Load(options, new Progress<LoadProgress>()), options.Engine);

    /// <summary>Tokens per second of every step, or of every prompt, of a case.</summary>
    public Task<double[]> MeasureAsync(SpeedCase one) => one.IsDecode ? DecodeAsync(one) : PrefillAsync(one);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Model.Dispose();
        _times.Dispose();
        _meter.Dispose();
    }

    // The prompts are those of all other cases of that length, so that the cache has them already; each is another, so
    // that sequences share nothing.
    private async Task<double[]> DecodeAsync(SpeedCase one)
    {
        // The step of the prompt gives a token, too, and n steps have n - 1 times between them. The first sequences can
        // be some steps ahead of the last.
        int tokens = 2 + WarmUpSteps + one.Count + one.Batch;
        _times.Begin(one.Batch);
        await Task.WhenAll(Enumerable.Range(0, one.Batch).Select(number => ReadAsync(new GenerationRequest
        {
            Id = $"{number}",
            PromptTokenIds = Prompt(number, one.Tokens),
            MaxTokens = tokens,
            Sampling = one.IsDrawn
                ? new SamplingParams { Temperature = 0.8f, TopP = 0.95f, Seed = (ulong)number }
                : new SamplingParams { Temperature = 0 },
        })));
        double[] seconds = [.. _times.End().Skip(WarmUpSteps).Take(one.Count)];
        return seconds.Length == one.Count
            ? [.. seconds.Select(second => one.Batch / second)]
            : throw new InvalidOperationException($"{one.Key}: of {one.Count} steps only {seconds.Length} were full.");
    }

    // To the text of the first token.
    private async Task<double[]> PrefillAsync(SpeedCase one)
    {
        var speeds = new double[one.Count];
        for (int i = 0; i < speeds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await ReadAsync(new GenerationRequest
            {
                Id = $"{i}",
                PromptTokenIds = Prompt(i, one.Tokens),
                MaxTokens = 1,
                Sampling = new SamplingParams { Temperature = 0 },
                UsePrefixCache = false,
            });
            speeds[i] = one.Tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return speeds;
    }

    private async Task ReadAsync(GenerationRequest request)
    {
        await Task.Yield();
        await foreach (TokenOutput _ in Engine.GenerateAsync(request, CancellationToken.None))
        {
        }
    }

    private int[] Prompt(int number, int length)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(Model.Config.VocabularySize))];
    }
}
