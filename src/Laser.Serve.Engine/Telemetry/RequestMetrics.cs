using System.Diagnostics.Metrics;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>What requests ask for and get, measured when they end. Durations are in seconds.</summary>
internal sealed class RequestMetrics(Meter meter)
{
    private readonly Histogram<double> _inferenceDuration = HistogramBounds.Seconds(
        meter, "laser.inference.duration", "From the first step of a request to its last token.");

    private readonly Histogram<double> _timePerOutputToken = HistogramBounds.Seconds(
        meter, "laser.time_per_output_token", "Mean time between the tokens of a sequence that has two or more.");

    private readonly Histogram<int> _promptTokens =
        HistogramBounds.Sizes(meter, "laser.request.prompt_tokens", "{token}", "Tokens of a prompt.");

    private readonly Histogram<int> _generatedTokens = HistogramBounds.Sizes(
        meter, "laser.request.generated_tokens", "{token}", "Tokens sampled for a request, all sequences together.");

    private readonly Histogram<int> _maxTokens = HistogramBounds.Sizes(
        meter, "laser.request.max_tokens", "{token}", "Most tokens that a request allows per sequence.");

    private readonly Histogram<int> _sequences =
        HistogramBounds.Sizes(meter, "laser.request.sequences", "{sequence}", "Sequences that a request asks for.");

    private readonly Counter<long> _nonFinite = meter.CreateCounter<long>(
        "laser.nonfinite_outputs", "{request}", "Requests that ended because numbers of the model were not finite.");

    public void StartAtZero() => _nonFinite.Add(0);

    public void Finished(SequenceGroup group)
    {
        _promptTokens.Record(group.First.PromptTokenCount);
        _generatedTokens.Record(group.GeneratedTokenCount);
        _maxTokens.Record(group.Request.MaxTokens);
        _sequences.Record(group.Sequences.Length);
        if (group.Failure is { Error: EngineError.NonFinite })
        {
            _nonFinite.Add(1);
        }

        foreach (Sequence sequence in group.Sequences)
        {
            if (sequence.GeneratedTokenCount > 0)
            {
                Record(sequence);
            }
        }
    }

    private void Record(Sequence sequence)
    {
        TimeSpan decode = sequence.Times.InDecode;
        _inferenceDuration.Record((sequence.Times.InPrefill + decode).TotalSeconds);
        int intervals = sequence.GeneratedTokenCount - 1;
        if (intervals > 0)
        {
            _timePerOutputToken.Record(decode.TotalSeconds / intervals);
        }
    }
}
