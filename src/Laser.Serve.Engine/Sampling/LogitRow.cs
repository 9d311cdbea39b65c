using System.Numerics;
using System.Runtime.InteropServices;

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
        Vector<float> maxima = new(max);
        Vector<float> temperatures = new(temperature);
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        foreach (ref Vector<float> x in vectors)
        {
            x = Vector.Exp((x - maxima) / temperatures);
        }

        foreach (ref float x in row[(vectors.Length * Vector<float>.Count)..])
        {
            x = MathF.Exp((x - max) / temperature);
        }
    }
}
