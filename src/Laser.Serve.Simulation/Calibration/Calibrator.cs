using System.Diagnostics.Metrics;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Simulation.Costs;
using Laser.Serve.Tokenization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Simulation.Calibration;

/// <summary>
/// Measures steps of a real model: the whole of <c>EngineLoop.Step</c>, with readers that turn tokens into text beside
/// it. Waves of requests come all at once, from one to as many as can run, with short and long prompts, so that their
/// steps differ in every way that a <see cref="StepShape"/> knows.
/// <para>
/// The engine is stepped by hand, so a wave makes the same steps each time. It is run several times, the first time
/// unmeasured, and each step counts with the median of its times.
/// </para>
/// </summary>
public sealed class Calibrator
{
    private const int RoundCount = 5;
    private const int LongestPrompt = 1024;

    // Long enough that most steps of a wave have all of its sequences, as most steps of a busy server do.
    private const int OutputLength = 32;

    // More long prompts at a time would take long and show nothing new.
    private const int MostPromptTokens = 8192;

    private readonly IModelRunner _model;
    private readonly ITokenizer _tokenizer;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Prepares a calibration.</summary>
    /// <param name="model">The model; nobody else may use it meanwhile.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="options">Limits of the engine.</param>
    /// <param name="time">The clock that steps are measured by.</param>
    public Calibrator(IModelRunner model, ITokenizer tokenizer, EngineOptions options, TimeProvider time)
    {
        _model = model;
        _tokenizer = tokenizer;
        _options = options;
        _time = time;
    }

    /// <summary>Runs the waves.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option is wrong, or the model was not made for it.</exception>
    public async Task<IReadOnlyList<StepSample>> MeasureAsync(CancellationToken cancellationToken)
    {
        var observed = new ObservedRunner(_model);
        using var meter = new Meter("Laser.Serve.Simulation");
        await using var engine = new InferenceEngine(
            observed, _tokenizer, _options, NullLogger<InferenceEngine>.Instance, _time, new EngineMetrics(meter));
        await RunWavesAsync(engine, observed, cancellationToken).ConfigureAwait(false);
        List<List<StepSample>> rounds = [];
        for (int round = 0; round < RoundCount; round++)
        {
            rounds.Add(await RunWavesAsync(engine, observed, cancellationToken).ConfigureAwait(false));
        }

        return [.. rounds[0].Select((first, step) => first with
        {
            Seconds = rounds.Select(round => round[step].Seconds).Order().ElementAt(RoundCount / 2),
        })];
    }

    private async Task<List<StepSample>> RunWavesAsync(
        InferenceEngine engine, ObservedRunner observed, CancellationToken cancellationToken)
    {
        List<StepSample> samples = [];
        foreach (int promptLength in PromptLengths(engine.MaxSequenceLength - OutputLength))
        {
            int most = Math.Clamp(MostPromptTokens / promptLength, 1, _options.MaxRunningSequences);
            for (int count = 1; count <= most; count *= 2)
            {
                cancellationToken.ThrowIfCancellationRequested();
                GenerationRequest request = CreateRequest(promptLength);
                Task[] readers = [.. Enumerable.Range(0, Math.Min(count, _options.MaxQueuedRequests))
                    .Select(_ => ReadAsync(engine, request))];
                StepUntilIdle(engine, observed, samples);
                await Task.WhenAll(readers).ConfigureAwait(false);
            }
        }

        return samples;
    }

    private static IEnumerable<int> PromptLengths(int most)
    {
        int longest = Math.Clamp(most, 1, LongestPrompt);
        int[] lengths = [8, longest / 8, longest / 3, longest];
        return lengths.Select(length => Math.Clamp(length, 1, longest)).Distinct();
    }

    // Its own wave would find the prompt in the cache.
    private GenerationRequest CreateRequest(int promptLength) => new()
    {
        Id = "calibration",
        PromptTokenIds = [.. Enumerable.Range(0, promptLength).Select(i => i % _model.VocabularySize)],
        MaxTokens = OutputLength,
        UsePrefixCache = false,
    };

    private static async Task ReadAsync(InferenceEngine engine, GenerationRequest request)
    {
        IAsyncEnumerable<TokenOutput> outputs = engine.GenerateAsync(request, CancellationToken.None);
        await foreach (TokenOutput output in outputs.ConfigureAwait(false))
        {
            _ = output.Text;
        }
    }

    private void StepUntilIdle(InferenceEngine engine, ObservedRunner observed, List<StepSample> samples)
    {
        long started = _time.GetTimestamp();
        while (engine.Loop.Step())
        {
            long ended = _time.GetTimestamp();
            samples.Add(new StepSample(observed.LastShape, _time.GetElapsedTime(started, ended).TotalSeconds));
            started = ended;
        }
    }
}
