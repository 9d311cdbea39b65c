using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Locally typical sampling (Meister et al., arXiv 2202.00666), as Hugging Face does it, but that of equally typical
/// tokens the lower ids come first. With <c>y = (x - max) / temperature</c> a token's information content is
/// <c>ln total - y</c> and the entropy <c>ln total - mean</c>, the mean of y in proportion to the weights
/// <c>exp(y)</c>: a token is the more typical the nearer its y is to the mean.
/// </summary>
internal sealed class TypicalSelection(Candidates candidates, int vocabularySize)
{
    private readonly float[] _weights = new float[vocabularySize];

    /// <summary>Leaves the most typical candidates, with their weights.</summary>
    /// <param name="logits">One per token id; finite or negative infinity.</param>
    /// <param name="max">The largest of them, finite.</param>
    /// <param name="sampling">Temperature and typical-p.</param>
    /// <param name="fromCandidates">
    /// Whether the candidates, with their logits, are what may be kept; else all tokens are.
    /// </param>
    public void Keep(ReadOnlySpan<float> logits, float max, SamplingParams sampling, bool fromCandidates)
    {
        Span<float> weights = _weights.AsSpan(0, logits.Length);
        logits.CopyTo(weights);
        LogitRow.Exponentiate(weights, max, sampling.Temperature);
        if (fromCandidates)
        {
            SelectAmongCandidates(max, sampling, weights);
        }
        else if (!TrySelectAmongLikely(logits, max, sampling, weights))
        {
            candidates.TakeAbove(logits, float.NegativeInfinity);
            SelectAmongCandidates(max, sampling, weights);
        }

        candidates.TakeScores(weights);
    }

    // Tokens of at most a certain weight weigh so little together that the rest is enough, as for top-p. Where all that
    // is kept of the rest is more typical than any of them can be, they are not missed: so it is unless the
    // distribution is flat.
    private bool TrySelectAmongLikely(
        ReadOnlySpan<float> logits, float max, SamplingParams sampling, ReadOnlySpan<float> weights)
    {
        (double total, double mean) = LogitRow.WeightedMean(logits, max, sampling.Temperature, weights);
        double barWeight = (1.0 - sampling.TypicalP) * total / (2.0 * logits.Length);
        float bar = (float)(max + (sampling.Temperature * Math.Log(barWeight)));
        double mass = sampling.TypicalP * total;
        candidates.TakeAbove(logits, bar);
        if (candidates.SumOf(weights) < mass)
        {
            return false;
        }

        Select(max, sampling.Temperature, mean, mass, weights);
        return -candidates.LowestScore() < mean - ((bar - max) / sampling.Temperature);
    }

    private void SelectAmongCandidates(float max, SamplingParams sampling, ReadOnlySpan<float> weights)
    {
        (double total, double sum) = (0, 0);
        ReadOnlySpan<float> logits = candidates.Scores;
        ReadOnlySpan<int> ids = candidates.Ids;
        for (int i = 0; i < ids.Length; i++)
        {
            float weight = weights[ids[i]];
            total += weight;
            sum += weight > 0 ? (double)weight * ((logits[i] - max) / sampling.Temperature) : 0;
        }

        Select(max, sampling.Temperature, sum / total, sampling.TypicalP * total, weights);
    }

    private void Select(float max, float temperature, double mean, double mass, ReadOnlySpan<float> weights)
    {
        foreach (ref float score in candidates.Scores)
        {
            score = (float)-Math.Abs(((score - max) / temperature) - mean);
        }

        candidates.KeepMass(mass, weights);
    }
}
