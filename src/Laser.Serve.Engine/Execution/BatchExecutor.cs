using Laser.Serve.Compute;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;
using Laser.Serve.Engine.Telemetry;

namespace Laser.Serve.Engine.Execution;

/// <summary>
/// Computes a scheduled batch: the forward pass, then a token for every row of logits. What goes wrong ends sequences.
/// </summary>
internal sealed class BatchExecutor
{
    private readonly IModelRunner _runner;
    private readonly EngineMetrics _metrics;
    private readonly ModelInputBuilder _input;
    private readonly Sampler _sampler;
    private readonly float[] _logits;
    private readonly SequenceFault[] _faults;

    public BatchExecutor(IModelRunner runner, EngineLimits limits, EngineMetrics metrics)
    {
        _runner = runner;
        _metrics = metrics;
        _input = new ModelInputBuilder(limits.CacheLayout, limits.MaxTokensPerStep, limits.MaxRunningSequences);
        _sampler = new Sampler(runner.VocabularySize);
        _logits = GC.AllocateUninitializedArray<float>(limits.MaxLogitRows * runner.VocabularySize);
        _faults = new SequenceFault[limits.MaxRunningSequences];
    }

    /// <summary>
    /// The forward pass. A fault ends the sequence that has it, an exception ends all that were in the step.
    /// </summary>
    public void Run(ScheduledBatch batch)
    {
        ReadOnlySpan<ScheduledSequence> sequences = batch.Sequences;
        Span<SequenceFault> faults = _faults.AsSpan(0, sequences.Length);
        try
        {
            Span<float> logits = _logits.AsSpan(0, batch.LogitCount * _runner.VocabularySize);
            _runner.Run(_input.Build(batch), logits, faults);
        }
        catch (Exception exception)
        {
            foreach (ScheduledSequence scheduled in sequences)
            {
                scheduled.Sequence.Fail(new EngineException(
                    EngineError.StepFailed, $"The step that had the request failed: {exception.Message}", exception));
            }

            return;
        }

        for (int i = 0; i < sequences.Length; i++)
        {
            if (Failure(faults[i]) is EngineException failure)
            {
                sequences[i].Sequence.Fail(failure);
            }
        }
    }

    /// <summary>Appends a token to each sequence that got logits and is well.</summary>
    /// <param name="batch">The batch that was run.</param>
    /// <param name="timestamp">When the logits were there.</param>
    public void Sample(ScheduledBatch batch, long timestamp)
    {
        int row = 0;
        foreach ((Sequence sequence, int tokenCount, int logitCount) in batch.Sequences)
        {
            row += logitCount;
            if (tokenCount == sequence.PendingTokenCount && sequence.Status == SequenceStatus.Running)
            {
                SampleOne(sequence, Logits(row - 1), timestamp);
            }
        }
    }

    private Span<float> Logits(int row) => _logits.AsSpan(row * _runner.VocabularySize, _runner.VocabularySize);

    private void SampleOne(Sequence sequence, Span<float> logits, long timestamp)
    {
        if (_sampler.TrySample(logits, sequence.Sampling, sequence.TokenCount, out SampledToken token))
        {
            TimeSpan? sincePrevious = sequence.Append(token, timestamp);
            _metrics.TokenGenerated(sequence, sincePrevious);
        }
        else
        {
            sequence.Fail(new EngineException(EngineError.NonFinite, "The model gave logits that are not finite."));
        }
    }

    private static EngineException? Failure(SequenceFault fault) => fault switch
    {
        SequenceFault.None => null,
        SequenceFault.RawPoolExhausted => new EngineException(
            EngineError.CacheExhausted, "The cache has no page left for raw value blocks."),
        SequenceFault.ValueOutOfRange => new EngineException(
            EngineError.NonFinite, "A value projection of the model is not finite or too large."),
        _ => new EngineException(EngineError.NonFinite, "Attention gave a number that is not finite."),
    };
}
