using Laser.Serve.Compute;
using Laser.Serve.Engine.Sampling;
using Laser.Serve.Engine.Scheduling;
using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Execution;

/// <summary>
/// Chooses the next tokens of a batch's sequences side by side, on the threads that the model computed with: of a
/// large vocabulary a choice takes as long as a small matrix product. Only choices that depend on a sequence's own
/// row and state and change neither: what is chosen is the same as one by one.
/// </summary>
internal sealed class ParallelSampling : IHostWork
{
    private readonly IModelRunner _runner;
    private readonly float[] _logits;
    private readonly Sampler[] _samplers;
    private readonly Choice[] _choices;
    private readonly int[] _indices;
    private readonly int[] _rows;
    private ScheduledBatch? _batch;

    /// <summary>Makes all buffers.</summary>
    /// <param name="runner">Whose threads are used.</param>
    /// <param name="logits">Where steps leave theirs.</param>
    /// <param name="maxSequences">Of a batch.</param>
    public ParallelSampling(IModelRunner runner, float[] logits, int maxSequences)
    {
        _runner = runner;
        _logits = logits;
        _samplers = [.. Enumerable.Range(0, runner.HostThreadCount).Select(_ => new Sampler(runner.VocabularySize))];
        _choices = new Choice[maxSequences];
        _indices = new int[maxSequences];
        _rows = new int[maxSequences];
    }

    /// <summary>That of the calling thread.</summary>
    public Sampler Sampler => _samplers[0];

    /// <summary>Chooses for all sequences of a batch for which it can be done so.</summary>
    public void Choose(ScheduledBatch batch)
    {
        int count = 0;
        int row = 0;
        for (int i = 0; i < batch.Sequences.Length; i++)
        {
            ScheduledSequence scheduled = batch.Sequences[i];
            row += scheduled.LogitCount;
            _choices[i] = default;
            if (DependsOnItsRowAlone(scheduled))
            {
                (_indices[count], _rows[count]) = (i, row - 1);
                count++;
            }
        }

        _batch = batch;
        _runner.RunOnHost(this, count);
    }

    /// <summary>What was chosen for a sequence of the batch; false if nothing was tried.</summary>
    /// <param name="index">Its index in the batch.</param>
    /// <param name="token">The token; null where <see cref="Sampling.Sampler.TrySample"/> found none.</param>
    /// <exception cref="InvalidOperationException">Choosing failed.</exception>
    public bool TryTake(int index, out SampledToken? token)
    {
        Choice choice = _choices[index];
        token = choice.Token;
        return choice.Error is null
            ? choice.WasTried
            : throw new InvalidOperationException(choice.Error.Message, choice.Error);
    }

    /// <inheritdoc />
    void IHostWork.Run(int item, int worker)
    {
        int index = _indices[item];
        Sequence sequence = _batch!.Sequences[index].Sequence;
        Span<float> logits = _logits.AsSpan(_rows[item] * _runner.VocabularySize, _runner.VocabularySize);
        try
        {
            bool found = _samplers[worker].TrySample(
                logits, sequence.Sampling, sequence.TokenCount, out SampledToken token);
            _choices[index] = new Choice(WasTried: true, found ? token : null, Error: null);
        }
        catch (Exception exception)
        {
            _choices[index] = new Choice(WasTried: true, Token: null, exception);
        }
    }

    // Not where a draft or a further sequence of the request needs the row, and not under a constraint: sequences share
    // it, and its masks are made when first asked for.
    private static bool DependsOnItsRowAlone(ScheduledSequence scheduled)
    {
        Sequence sequence = scheduled.Sequence;
        return sequence.Status == SequenceStatus.Running
            && scheduled.TokenCount == sequence.PendingTokenCount
            && scheduled.DraftCount == 0
            && sequence.Request.Constraint is null
            && (sequence.GeneratedTokenCount > 0 || sequence.Group.Sequences.Length == 1);
    }

    private readonly record struct Choice(bool WasTried, SampledToken? Token, Exception? Error);
}
