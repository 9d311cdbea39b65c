using System.Numerics;
using System.Runtime.InteropServices;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Log-probabilities of a row of logits: <c>x - max - ln sum exp(x - max)</c>, in double precision up to the last
/// rounding. Of a vocabulary of n tokens the value before it is wrong by less than <c>n * 2^-53</c>, 1.5e-11 for 131072
/// (recursive summation of terms that are positive; Higham, "Accuracy and Stability of Numerical Algorithms", 4.2), so
/// that what is given is the nearest float or, where that is nearly a tie, its neighbour.
/// </summary>
internal sealed class Logprobs(Candidates candidates)
{
    /// <summary>Most entries of <see cref="TokenLogprob.Top"/>.</summary>
    public const int MaxTop = 20;

    /// <summary>What the model thinks of a token, with the likeliest ones.</summary>
    /// <param name="logits">One per token id, finite.</param>
    /// <param name="max">The largest of them.</param>
    /// <param name="tokenId">The token.</param>
    /// <param name="topCount">How many of the likeliest.</param>
    public TokenLogprob Read(ReadOnlySpan<float> logits, float max, int tokenId, int topCount)
    {
        double logSum = Math.Log(SumOfExponentials(logits, max));
        CandidateLogprob[] top = [];
        if (topCount > 0)
        {
            candidates.TakeLargest(logits, topCount);
            candidates.Sort();
            top = new CandidateLogprob[candidates.Ids.Length];
            for (int i = 0; i < top.Length; i++)
            {
                top[i] = new CandidateLogprob(candidates.Ids[i], Relative(candidates.Scores[i]));
            }
        }

        return new TokenLogprob(tokenId, Relative(logits[tokenId]), RankOf(logits, tokenId), top);

        float Relative(float logit) => (float)((double)logit - max - logSum);
    }

    /// <summary><c>sum exp(x - max)</c>, at least 1.</summary>
    public static double SumOfExponentials(ReadOnlySpan<float> logits, float max)
    {
        Vector<double> maxima = new(max);
        Vector<double> lower = Vector<double>.Zero;
        Vector<double> upper = Vector<double>.Zero;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        foreach (Vector<float> x in vectors)
        {
            Vector.Widen(x, out Vector<double> first, out Vector<double> second);
            lower += Vector.Exp(first - maxima);
            upper += Vector.Exp(second - maxima);
        }

        double sum = Vector.Sum(lower + upper);
        foreach (float x in logits[(vectors.Length * Vector<float>.Count)..])
        {
            sum += Math.Exp((double)x - max);
        }

        return sum;
    }

    // One more than there are tokens before it: likelier ones, and equal ones of a lower id.
    private static int RankOf(ReadOnlySpan<float> logits, int tokenId)
    {
        float logit = logits[tokenId];
        return 1
            + LogitRow.CountAbove(logits[..tokenId], MathF.BitDecrement(logit))
            + LogitRow.CountAbove(logits[(tokenId + 1)..], logit);
    }
}
