using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Benchmarks.Sampling;

/// <summary>
/// The baseline: the sampler as it was when temperature, top-k, top-p and the seed were all it knew.
/// </summary>
internal sealed class PlainSampler(int vocabularySize)
{
    private readonly Candidates _candidates = new(vocabularySize);
    private readonly WeightedDraw _draw = new(vocabularySize);

    public bool TrySample(Span<float> logits, SamplingParams sampling, int position, out int tokenId)
    {
        if (!LogitRow.TryGetMax(logits, out float max))
        {
            tokenId = default;
            return false;
        }

        if (sampling.Temperature == 0)
        {
            tokenId = LogitRow.FirstIndexOf(logits, max);
            return true;
        }

        double uniform = Philox.Uniform(sampling.Seed, choice: 0, position);
        bool all = Narrow(logits, max, sampling);
        ReadOnlySpan<float> weights = all ? logits : _candidates.Scores;
        _draw.Sum(weights);
        int index = _draw.Pick(weights, uniform);
        tokenId = all ? index : _candidates.Ids[index];
        return true;
    }

    private bool Narrow(Span<float> logits, float max, SamplingParams sampling)
    {
        bool topK = sampling.TopK > 0 && sampling.TopK < logits.Length;
        if (topK)
        {
            _candidates.TakeLargest(logits, sampling.TopK);
        }

        LogitRow.Exponentiate(topK ? _candidates.Scores : logits, max, sampling.Temperature);
        if (sampling.TopP >= 1)
        {
            return !topK;
        }

        double total = _draw.Sum(topK ? _candidates.Scores : logits);
        if (!topK)
        {
            double bar = (1.0 - sampling.TopP) * total / logits.Length;
            _candidates.TakeAbove(logits, MathF.BitDecrement((float)bar));
        }

        _candidates.KeepMass(sampling.TopP * total);
        return false;
    }
}
