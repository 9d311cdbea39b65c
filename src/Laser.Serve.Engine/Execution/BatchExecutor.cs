using Laser.Serve.Compute;
using Laser.Serve.Engine.Requests;
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
    private readonly ParallelSampling _sampling;
    private readonly Sampler _sampler;
    private readonly float[] _logits;
    private readonly float[] _firstLogits;
    private readonly SequenceFault[] _faults;

    public BatchExecutor(IModelRunner runner, EngineLimits limits, EngineMetrics metrics)
    {
        _runner = runner;
        _metrics = metrics;
        _input = new ModelInputBuilder(limits.CacheLayout, limits.MaxTokensPerStep, limits.MaxRunningSequences);
        _logits = GC.AllocateUninitializedArray<float>(limits.MaxLogitRows * runner.VocabularySize);
        _sampling = new ParallelSampling(runner, _logits, limits.MaxRunningSequences);
        _sampler = _sampling.Sampler;
        _firstLogits = GC.AllocateUninitializedArray<float>(runner.VocabularySize);
        _faults = new SequenceFault[limits.MaxRunningSequences];
    }

    /// <summary>
    /// The forward pass. A fault ends the request that has it, an exception ends all that were in the step. A fault in
    /// company of a draft may be the draft's: then the step of that sequence is to be repeated.
    /// </summary>
    /// <exception cref="DeviceLostException">The device is lost: that is not for a step to deal with.</exception>
    public void Run(ScheduledBatch batch)
    {
        ReadOnlySpan<ScheduledSequence> sequences = batch.Sequences;
        Span<SequenceFault> faults = _faults.AsSpan(0, sequences.Length);
        try
        {
            Span<float> logits = _logits.AsSpan(0, batch.LogitCount * _runner.VocabularySize);
            _runner.Run(_input.Build(batch), logits, faults);
        }
        catch (Exception exception) when (exception is not DeviceLostException)
        {
            foreach (ScheduledSequence scheduled in sequences)
            {
                scheduled.Sequence.Group.Fail(new EngineException(
                    EngineError.StepFailed, $"The step that had the request failed: {exception.Message}", exception));
            }

            return;
        }

        for (int i = 0; i < sequences.Length; i++)
        {
            if (faults[i] != SequenceFault.None && sequences[i].DraftCount > 0)
            {
                batch.SetComputed(i, 0);
            }
            else if (Failure(faults[i]) is EngineException failure)
            {
                Fail(sequences[i].Sequence.Group, failure);
            }
        }
    }

    /// <summary>
    /// Gives the sequences that are well what their logits say: log-probabilities of the prompt, and to those that have
    /// caught up a token, or several where a draft was right.
    /// </summary>
    /// <param name="batch">The batch that was run.</param>
    /// <param name="timestamp">When the logits were there.</param>
    public void Sample(ScheduledBatch batch, long timestamp)
    {
        _sampling.Choose(batch);
        int row = 0;
        for (int i = 0; i < batch.Sequences.Length; i++)
        {
            ScheduledSequence scheduled = batch.Sequences[i];
            try
            {
                Sample(batch, i, row, timestamp);
            }
            catch (Exception exception)
            {
                scheduled.Sequence.Group.Fail(new EngineException(
                    EngineError.StepFailed, $"No token could be chosen: {exception.Message}", exception));
            }

            row += scheduled.LogitCount;
        }
    }

    private void Sample(ScheduledBatch batch, int index, int firstRow, long timestamp)
    {
        ScheduledSequence scheduled = batch.Sequences[index];
        Sequence sequence = scheduled.Sequence;
        if (sequence.Status == SequenceStatus.Running && sequence.WantsPromptLogits)
        {
            ScorePrompt(scheduled, firstRow);
        }

        if (sequence.Status != SequenceStatus.Running || scheduled.TokenCount != sequence.PendingTokenCount)
        {
            return;
        }

        if (_sampling.TryTake(index, out SampledToken? token))
        {
            Append(sequence, token, timestamp);
        }
        else
        {
            int row = firstRow + scheduled.LogitCount - 1 - scheduled.DraftCount;
            int rightCount = 0;
            while (SampleFollows(sequence, Logits(row + rightCount), timestamp) && rightCount < scheduled.DraftCount)
            {
                rightCount++;
            }

            batch.SetComputed(index, scheduled.TokenCount + rightCount);
        }
    }

    // Whether the token is the one that was guessed in its place, so that the next row is about the one behind it.
    private bool SampleFollows(Sequence sequence, Span<float> logits, long timestamp)
    {
        int guess = sequence.NextGuess;
        Sample(sequence, logits, timestamp);
        return sequence.Status == SequenceStatus.Running && sequence.TokenIds[^1] == guess;
    }

    private Span<float> Logits(int row) => _logits.AsSpan(row * _runner.VocabularySize, _runner.VocabularySize);

    // The row behind the prompt is the first one of all sequences of its request.
    private void Sample(Sequence sequence, Span<float> logits, long timestamp)
    {
        if (sequence.GeneratedTokenCount > 0 || sequence.Group.Sequences.Length == 1)
        {
            SampleOne(sequence, logits, timestamp);
            return;
        }

        logits.CopyTo(_firstLogits);
        foreach (Sequence one in sequence.Group.Sequences)
        {
            if (one.Status == SequenceStatus.Running)
            {
                _firstLogits.CopyTo(logits);
                SampleOne(one, logits, timestamp);
            }
        }
    }

    private void SampleOne(Sequence sequence, Span<float> logits, long timestamp)
    {
        bool found = _sampler.TrySample(logits, sequence.Sampling, sequence.TokenCount, out SampledToken token);
        Append(sequence, found ? token : null, timestamp);
    }

    private void Append(Sequence sequence, SampledToken? token, long timestamp)
    {
        if (token is SampledToken chosen)
        {
            TimeSpan? sincePrevious = sequence.Append(chosen, timestamp);
            _metrics.TokenGenerated(sequence, sincePrevious);
        }
        else
        {
            Fail(sequence.Group, sequence.Sampling.NothingAllowed ? NothingAllowed() : LogitsNotFinite());
        }
    }

    // A row of logits is about the token behind it; the last row of the prompt is about a token that is yet to come.
    private void ScorePrompt(ScheduledSequence scheduled, int firstRow)
    {
        Sequence sequence = scheduled.Sequence;
        int topCount = sequence.Request.PromptTopLogprobs ?? 0;
        ReadOnlySpan<int> prompt = sequence.TokenIds[..sequence.PromptTokenCount];
        ReadOnlySpan<int> scored = prompt[(sequence.ComputedTokenCount + 1)..];
        for (int i = 0; i < Math.Min(scored.Length, scheduled.TokenCount); i++)
        {
            if (!_sampler.TryScore(Logits(firstRow + i), scored[i], topCount, out TokenLogprob? logprob))
            {
                Fail(sequence.Group, LogitsNotFinite());
                return;
            }

            sequence.PromptLogprobs.Add(logprob);
        }
    }

    // Numbers that are not finite may come from what is in the cache, of this step or from long ago: nobody is to go on
    // from there, or the same beginning would fail for as long as it is asked for.
    private static void Fail(SequenceGroup group, EngineException failure)
    {
        if (failure.Error == EngineError.NonFinite)
        {
            foreach (Sequence sequence in group.Sequences)
            {
                sequence.Blocks?.Withdraw();
            }
        }

        group.Fail(failure);
    }

    private static EngineException LogitsNotFinite() =>
        new(EngineError.NonFinite, "The model gave logits that are not finite.");

    private static EngineException NothingAllowed() => new(
        EngineError.NothingAllowed,
        "No token may come next: allowed and banned tokens, the constraint and the least token count exclude all.");

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
