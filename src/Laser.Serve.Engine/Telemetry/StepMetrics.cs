using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>Instruments of the steps. Durations are in seconds.</summary>
internal sealed class StepMetrics(Meter meter)
{
    private readonly Histogram<double> _duration =
        HistogramBounds.Seconds(meter, "laser.step.duration", "One step of the engine, by what it computed.");

    private readonly Histogram<int> _sequences =
        HistogramBounds.Sizes(meter, "laser.batch.sequences", "{sequence}", "Sequences in a step.");

    private readonly Histogram<int> _tokens =
        HistogramBounds.Sizes(meter, "laser.batch.tokens", "{token}", "Tokens computed in a step.");

    /// <summary>What a batch is about to compute; asked before it is run, which moves the sequences on.</summary>
    public static StepKind KindOf(ScheduledBatch batch)
    {
        bool hasPrompt = false;
        bool hasGenerated = false;
        foreach (ScheduledSequence scheduled in batch.Sequences)
        {
            Sequence sequence = scheduled.Sequence;
            bool isPrompt = sequence.ComputedTokenCount < sequence.PromptTokenCount;
            hasPrompt |= isPrompt;
            hasGenerated |= !isPrompt;
        }

        return (hasPrompt, hasGenerated) switch
        {
            (true, true) => StepKind.Mixed,
            (true, false) => StepKind.Prefill,
            _ => StepKind.Decode,
        };
    }

    public void Completed(ScheduledBatch batch, StepKind kind, TimeSpan duration)
    {
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("kind", NameOf(kind)));
        _sequences.Record(batch.Sequences.Length);
        _tokens.Record(batch.TokenCount);
    }

    internal static string NameOf(StepKind kind) => kind switch
    {
        StepKind.Prefill => "prefill",
        StepKind.Decode => "decode",
        _ => "mixed",
    };
}
