using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Chooses a token from a row of logits: temperature, then top-k, then top-p of what top-k left, then a draw. Works in
/// buffers of its own and in the row itself, which is overwritten. The answer depends on the arguments alone.
/// </summary>
internal sealed class Sampler(int vocabularySize)
{
    private readonly Candidates _candidates = new(vocabularySize);
    private readonly WeightedDraw _draw = new(vocabularySize);

    /// <summary>Chooses, or returns false where a logit is not finite.</summary>
    /// <param name="logits">One per token id; overwritten.</param>
    /// <param name="state">How.</param>
    /// <param name="position">Where the token will stand in its sequence: part of the random number's key.</param>
    /// <param name="token">The token.</param>
    public bool TrySample(Span<float> logits, SamplingState state, int position, out SampledToken token)
    {
        SamplingParams sampling = state.Request.Sampling;
        if (!LogitRow.TryGetMax(logits, out float max))
        {
            token = default;
            return false;
        }

        if (sampling.Temperature == 0)
        {
            token = new SampledToken(LogitRow.FirstIndexOf(logits, max));
            return true;
        }

        double uniform = Philox.Uniform(sampling.Seed, state.SequenceIndex, position);
        bool all = Narrow(logits, max, sampling);
        ReadOnlySpan<float> weights = all ? logits : _candidates.Scores;
        _draw.Sum(weights);
        int index = _draw.Pick(weights, uniform);
        token = new SampledToken(all ? index : _candidates.Ids[index]);
        return true;
    }

    // Turns logits into weights and leaves the candidates that top-k and top-p allow; true where they allow all.
    private bool Narrow(Span<float> logits, float max, SamplingParams sampling)
    {
        bool topK = sampling.TopK > 0 && sampling.TopK < logits.Length;
        if (topK)
        {
            _candidates.TakeLargest(logits, sampling.TopK);
            LogitRow.Exponentiate(_candidates.Scores, max, sampling.Temperature);
        }
        else
        {
            LogitRow.Exponentiate(logits, max, sampling.Temperature);
        }

        if (sampling.TopP >= 1)
        {
            return !topK;
        }

        double total = _draw.Sum(topK ? _candidates.Scores : logits);
        if (!topK)
        {
            // Tokens of at most this weight weigh at most 1 - p together, so none of them is needed among the likeliest
            // that make p.
            double bar = (1.0 - sampling.TopP) * total / logits.Length;
            _candidates.TakeAbove(logits, MathF.BitDecrement((float)bar));
        }

        _candidates.KeepMass(sampling.TopP * total);
        return false;
    }
}
