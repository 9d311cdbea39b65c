using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Numerics;

namespace Laser.Serve.Engine.Sampling;

/// <summary>Passes over one row of logits.</summary>
internal static class LogitRow
{
    /// <summary>The largest logit, or false if one of them is not finite.</summary>
    public static bool TryGetMax(ReadOnlySpan<float> logits, out float max)
    {
        // x * 0 is NaN exactly for the numbers that are not finite, and a sum never loses a NaN.
        Vector<float> maxima = new(float.NegativeInfinity);
        Vector<float> poison = Vector<float>.Zero;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        foreach (Vector<float> x in vectors)
        {
            maxima = Vector.Max(maxima, x);
            poison += x * Vector<float>.Zero;
        }

        float tailPoison = Vector.Sum(poison);
        max = float.NegativeInfinity;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            max = MathF.Max(max, maxima[lane]);
        }

        foreach (float x in logits[(vectors.Length * Vector<float>.Count)..])
        {
            max = MathF.Max(max, x);
            tailPoison += x * 0f;
        }

        return logits.Length > 0 && !float.IsNaN(tailPoison);
    }

    /// <summary>The largest logit; negative infinity if there is no other.</summary>
    public static float MaxOf(ReadOnlySpan<float> logits)
    {
        Vector<float> maxima = new(float.NegativeInfinity);
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        foreach (Vector<float> x in vectors)
        {
            maxima = Vector.Max(maxima, x);
        }

        float max = float.NegativeInfinity;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            max = MathF.Max(max, maxima[lane]);
        }

        foreach (float x in logits[(vectors.Length * Vector<float>.Count)..])
        {
            max = MathF.Max(max, x);
        }

        return max;
    }

    /// <summary>
    /// Sum of the weights that <see cref="Exponentiate"/> made of logits, and the mean of <c>(x - max) / temperature</c>
    /// in proportion to them.
    /// </summary>
    public static (double Total, double Mean) WeightedMean(
        ReadOnlySpan<float> logits, float max, float temperature, ReadOnlySpan<float> weights)
    {
        const int ChunkSize = 512;
        (double total, double sum) = (0, 0);
        for (int start = 0; start < logits.Length; start += ChunkSize)
        {
            int length = Math.Min(ChunkSize, logits.Length - start);
            (float chunkTotal, float chunkSum) =
                WeightedSums(logits.Slice(start, length), max, temperature, weights.Slice(start, length));
            total += chunkTotal;
            sum += chunkSum;
        }

        return (total, sum / total);
    }

    // Zero times minus infinity must be zero here.
    private static (float Total, float Sum) WeightedSums(
        ReadOnlySpan<float> logits, float max, float temperature, ReadOnlySpan<float> weights)
    {
        (Vector<float> totals, Vector<float> sums) = (Vector<float>.Zero, Vector<float>.Zero);
        (Vector<float> maxima, Vector<float> temperatures) = (new(max), new(temperature));
        int i = 0;
        for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> w = new(weights[i..]);
            Vector<float> product = w * ((new Vector<float>(logits[i..]) - maxima) / temperatures);
            totals += w;
            sums += Vector.ConditionalSelect(Vector.GreaterThan(w, Vector<float>.Zero), product, Vector<float>.Zero);
        }

        (float total, float sum) = (Vector.Sum(totals), Vector.Sum(sums));
        for (; i < logits.Length; i++)
        {
            total += weights[i];
            sum += weights[i] > 0 ? weights[i] * ((logits[i] - max) / temperature) : 0;
        }

        return (total, sum);
    }

    /// <summary>How many logits are above a bar.</summary>
    public static int CountAbove(ReadOnlySpan<float> logits, float bar)
    {
        Vector<float> bars = new(bar);
        Vector<int> counts = Vector<int>.Zero;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        foreach (Vector<float> x in vectors)
        {
            // A comparison gives -1 where it holds.
            counts -= Vector.GreaterThan(x, bars);
        }

        int count = Vector.Sum(counts);
        foreach (float x in logits[(vectors.Length * Vector<float>.Count)..])
        {
            count += x > bar ? 1 : 0;
        }

        return count;
    }

    /// <summary>Index of the first logit that equals <paramref name="value"/>, which must be there.</summary>
    public static int FirstIndexOf(ReadOnlySpan<float> logits, float value)
    {
        Vector<float> wanted = new(value);
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        int index = 0;
        while (index < vectors.Length && !Vector.EqualsAny(vectors[index], wanted))
        {
            index++;
        }

        index *= Vector<float>.Count;
        while (logits[index] != value)
        {
            index++;
        }

        return index;
    }

    /// <summary>
    /// <c>x = exp((x - max) / temperature)</c> in place: weights, 1 for the likeliest, that sum to any total.
    /// </summary>
    public static void Exponentiate(Span<float> row, float max, float temperature)
    {
        // Finite, or the likeliest would become zero times infinity.
        float factor = MathF.Min(1 / temperature, float.MaxValue);
        Vector512<float> maxima = Vector512.Create(max);
        Vector512<float> factors = Vector512.Create(factor);
        Span<Vector512<float>> vectors = MemoryMarshal.Cast<float, Vector512<float>>(row);
        foreach (ref Vector512<float> x in vectors)
        {
            x = VectorMath.Exp((x - maxima) * factors);
        }

        foreach (ref float x in row[(vectors.Length * Vector512<float>.Count)..])
        {
            x = MathF.Exp((x - max) * factor);
        }
    }

    /// <summary>Makes everything up to a bar, and including it, zero.</summary>
    public static void ZeroUpTo(Span<float> row, float bar)
    {
        Vector<float> bars = new(bar);
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        foreach (ref Vector<float> x in vectors)
        {
            x = Vector.AsVectorSingle(Vector.AsVectorInt32(x) & Vector.GreaterThan(x, bars));
        }

        foreach (ref float x in row[(vectors.Length * Vector<float>.Count)..])
        {
            x = x > bar ? x : 0;
        }
    }
}
