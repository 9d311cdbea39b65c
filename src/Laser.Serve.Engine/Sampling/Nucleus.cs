using System.Numerics;
using System.Runtime.InteropServices;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Top-p over a whole vocabulary (nucleus sampling, Holtzman et al., arXiv 1904.09751). The cut is closed in on by
/// bisection of the weights' bits, a few plain passes over the row, and only what is left between the bounds is put in
/// order: so a flat distribution, of which nearly all tokens are kept, costs no more than a peaked one.
/// </summary>
internal sealed class Nucleus(Candidates candidates)
{
    // Elements summed in single precision before they go into a double.
    private const int ChunkSize = 512;

    // As many are ordered in about the time of a pass.
    private const int FewEnough = 256;

    /// <summary>
    /// Keeps the fewest first weights that sum to at least a part of all, in the order of <see cref="Candidates"/>, and
    /// makes the others zero. Uses the candidates.
    /// </summary>
    /// <param name="weights">One per token id, not negative.</param>
    /// <param name="total">Their sum, above zero.</param>
    /// <param name="part">Of the sum, below 1.</param>
    public void Keep(Span<float> weights, double total, float part)
    {
        double mass = part * total;

        // What weighs at most this much weighs at most 1 - p together, so none of it is needed.
        float low = MathF.Max(0, MathF.BitDecrement((float)((1.0 - part) * total / weights.Length)));
        float high = LogitRow.MaxOf(weights);
        int aboveLow = SumAbove(weights, low).Count;
        (double sumAboveHigh, int aboveHigh) = (0, 0);
        while (aboveLow - aboveHigh > FewEnough && Middle(low, high) is float middle && middle > low)
        {
            (double sum, int count) = SumAbove(weights, middle);
            if (sum >= mass)
            {
                (low, aboveLow) = (middle, count);
            }
            else
            {
                (high, sumAboveHigh, aboveHigh) = (middle, sum, count);
            }
        }

        candidates.TakeBetween(weights, low, high);
        candidates.KeepMass(mass - sumAboveHigh);
        LogitRow.ZeroUpTo(weights, high);
        candidates.PutScores(weights);
    }

    // Floats that are not negative are in the order of their bits.
    private static float Middle(float low, float high)
    {
        int lowBits = BitConverter.SingleToInt32Bits(low);
        return BitConverter.Int32BitsToSingle(lowBits + ((BitConverter.SingleToInt32Bits(high) - lowBits) / 2));
    }

    private static (double Sum, int Count) SumAbove(ReadOnlySpan<float> weights, float bar)
    {
        (double sum, int count) = (0, 0);
        for (int start = 0; start < weights.Length; start += ChunkSize)
        {
            (float chunkSum, int chunkCount) =
                ChunkAbove(weights.Slice(start, Math.Min(ChunkSize, weights.Length - start)), bar);
            sum += chunkSum;
            count += chunkCount;
        }

        return (sum, count);
    }

    private static (float Sum, int Count) ChunkAbove(ReadOnlySpan<float> chunk, float bar)
    {
        (Vector<float> sums, Vector<int> counts) = (Vector<float>.Zero, Vector<int>.Zero);
        Vector<float> bars = new(bar);
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(chunk);
        foreach (Vector<float> x in vectors)
        {
            Vector<int> above = Vector.GreaterThan(x, bars);
            sums += Vector.AsVectorSingle(Vector.AsVectorInt32(x) & above);
            counts -= above;
        }

        (float sum, int count) = (Vector.Sum(sums), Vector.Sum(counts));
        foreach (float x in chunk[(vectors.Length * Vector<float>.Count)..])
        {
            if (x > bar)
            {
                sum += x;
                count++;
            }
        }

        return (sum, count);
    }
}
