using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Draws a token: temperature, then top-k, typical-p, top-p and min-p, each of what the one before it left, then a draw
/// from the rest in proportion to the weights.
/// </summary>
internal sealed class TokenDraw(Candidates candidates, int vocabularySize)
{
    private readonly WeightedDraw _draw = new(vocabularySize);
    private readonly Nucleus _nucleus = new(candidates);
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
        bool inRow = Narrow(logits, max, sampling);
        ReadOnlySpan<float> weights = inRow ? logits : candidates.Scores;
        _draw.Sum(weights);
        int index = _draw.Pick(weights, uniform);
        return inRow ? index : candidates.Ids[index];
    }

    // Turns logits into weights and leaves those that the filters allow: in the row, where the others get zero, if that
    // is true, else as candidates.
    private bool Narrow(Span<float> logits, float max, SamplingParams sampling)
    {
        bool inRow = WeighTopK(logits, max, sampling);
        if (sampling.TopP < 1)
        {
            KeepTopP(logits, inRow, sampling.TopP);
        }

        if (sampling.MinP > 0)
        {
            KeepMinP(logits, inRow, sampling.MinP);
        }

        return inRow;
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

    private void KeepTopP(Span<float> weights, bool inRow, float topP)
    {
        if (inRow)
        {
            _nucleus.Keep(weights, _draw.Sum(weights), topP);
        }
        else
        {
            candidates.KeepMass(topP * _draw.Sum(candidates.Scores));
        }
    }

    private void KeepMinP(Span<float> weights, bool inRow, float minP)
    {
        if (inRow)
        {
            LogitRow.ZeroUpTo(weights, MathF.BitDecrement(minP * LogitRow.MaxOf(weights)));
        }
        else
        {
            candidates.KeepAbove(MathF.BitDecrement(minP * LogitRow.MaxOf(candidates.Scores)));
        }
    }
}
