using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Draws a token: temperature, then top-k, typical-p, top-p and min-p, each of what the one before it left, then a draw
/// from the rest in proportion to the weights.
/// </summary>
internal sealed class TokenDraw(Candidates candidates, int vocabularySize)
{
    private readonly WeightedDraw _draw = new(vocabularySize);
    private readonly TypicalSelection _typical = new(candidates, vocabularySize);

    /// <summary>The token drawn.</summary>
    /// <param name="logits">
    /// One per token id; overwritten. Finite, or negative infinity for what cannot be drawn.
    /// </param>
    /// <param name="max">The largest of them, finite.</param>
    /// <param name="sampling">How; the temperature is above zero.</param>
    /// <param name="uniform">Random, in [0, 1).</param>
    public int Draw(Span<float> logits, float max, SamplingParams sampling, double uniform)
    {
        bool all = Narrow(logits, max, sampling);
        ReadOnlySpan<float> weights = all ? logits : candidates.Scores;
        _draw.Sum(weights);
        int index = _draw.Pick(weights, uniform);
        return all ? index : candidates.Ids[index];
    }

    // Turns logits into weights and leaves the candidates that the filters allow; true where they allow all, whose
    // weights are then those of the row.
    private bool Narrow(Span<float> logits, float max, SamplingParams sampling)
    {
        bool all = WeighTopK(logits, max, sampling);
        if (sampling.TopP < 1)
        {
            KeepTopP(logits, all, sampling.TopP);
            all = false;
        }

        if (sampling.MinP > 0)
        {
            KeepMinP(logits, all, sampling.MinP);
            all = false;
        }

        return all;
    }

    private bool WeighTopK(Span<float> logits, float max, SamplingParams sampling)
    {
        bool topK = sampling.TopK > 0 && sampling.TopK < logits.Length;
        if (topK)
        {
            candidates.TakeLargest(logits, sampling.TopK);
        }

        if (sampling.TypicalP < 1)
        {
            _typical.Keep(logits, max, sampling, topK);
            return false;
        }

        LogitRow.Exponentiate(topK ? candidates.Scores : logits, max, sampling.Temperature);
        return !topK;
    }

    private void KeepTopP(ReadOnlySpan<float> weights, bool all, float topP)
    {
        double total = _draw.Sum(all ? weights : candidates.Scores);
        if (all)
        {
            // Tokens of at most this weight weigh at most 1 - p together, so none of them is needed among the likeliest
            // that make p.
            double bar = (1.0 - topP) * total / weights.Length;
            candidates.TakeAbove(weights, MathF.BitDecrement((float)bar));
        }

        candidates.KeepMass(topP * total);
    }

    private void KeepMinP(ReadOnlySpan<float> weights, bool all, float minP)
    {
        float bar = minP * LogitRow.MaxOf(all ? weights : candidates.Scores);
        if (all)
        {
            candidates.TakeAbove(weights, MathF.BitDecrement(bar));
        }
        else
        {
            candidates.KeepAbove(MathF.BitDecrement(bar));
        }
    }
}
