using System.Diagnostics.Metrics;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Running;
using Laser.Serve.Tokenization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Simulation.Calibration;

/// <summary>
/// Runs a load through an engine with a real model, in real time: what a simulation is to be held against.
/// </summary>
/// <param name="model">The model; nobody else may use it meanwhile.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="options">Limits of the engine.</param>
/// <param name="time">The clock.</param>
public sealed class MeasuredRun(IModelRunner model, ITokenizer tokenizer, EngineOptions options, TimeProvider time)
{
    private const int WarmUpCount = 32;

    /// <summary>Runs the load from beginning to end.</summary>
    /// <param name="load">The load; its requests must know the length of their answers.</param>
    /// <param name="rate">Requests a second.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option is wrong, or the model was not made for it.</exception>
    public async Task<MeasuredResult> RunAsync(LoadOptions load, double rate, CancellationToken cancellationToken)
    {
        if (load.MaxTokens is not null || model.VocabularySize < SimulatedTokenizer.TokenCount)
        {
            throw new ArgumentException(
                "A real model stops where it wants: only answers as long as their token limit can be compared.");
        }

        using var meter = new Meter("Laser.Serve.Simulation");
        await using var engine = new InferenceEngine(
            model, tokenizer, options, NullLogger<InferenceEngine>.Instance, time, new EngineMetrics(meter));
        engine.Calibrate();
        engine.Start();
        PlannedRequest[] planned = [.. new RequestTrace(load).At(rate)];
        var unmeasured = new MeasuredTally(time);
        await Task.WhenAll(planned.Take(WarmUpCount).Select(request =>
            unmeasured.ReadAsync(engine, Create(request, load) with { UsePrefixCache = false }, null)))
            .ConfigureAwait(false);

        var tally = new MeasuredTally(time);
        List<Task> readers = [];
        long started = time.GetTimestamp();
        foreach (PlannedRequest request in planned)
        {
            TimeSpan arrival = TimeSpan.FromSeconds(SimulatedClock.ToSeconds(request.Arrival));
            TimeSpan left = arrival - time.GetElapsedTime(started);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, cancellationToken).ConfigureAwait(false);
            }

            TimeSpan? patience = request.Cancellation is long cancellation
                ? TimeSpan.FromSeconds(SimulatedClock.ToSeconds(cancellation - request.Arrival))
                : null;
            readers.Add(tally.ReadAsync(engine, Create(request, load), patience));
        }

        await Task.WhenAll(readers).WaitAsync(cancellationToken).ConfigureAwait(false);
        return tally.Result(time.GetElapsedTime(started));
    }

    private static GenerationRequest Create(PlannedRequest planned, LoadOptions load) => new()
    {
        Id = "measured",
        PromptTokenIds = planned.Prompt,
        MaxTokens = planned.OutputLength,
        TimeLimit = load.TimeLimitSeconds is double seconds ? TimeSpan.FromSeconds(seconds) : null,
    };
}
