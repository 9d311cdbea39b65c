using System.Numerics;
using System.Runtime.InteropServices;

namespace Laser.Serve.Compute.Numerics;

/// <summary>
/// Weights as whole numbers, the same ones on every device. Along the inputs of an output, 64 weights are a group: 8-bit
/// integers and one fp32 scale, <c>w ~ scale * q</c> with <c>scale = max |w| / 127</c>, so that a weight is off by half a
/// scale at most.
/// </summary>
public static class QuantizedGroup
{
    /// <summary>Inputs per group.</summary>
    public const int Size = 64;

    private const int LargestWeight = 127;

    /// <summary>Groups along the inputs; the last one is padded with zeros.</summary>
    public static int CountFor(int inputs) => (int)(((long)inputs + Size - 1) / Size);

    /// <summary>Quantizes a group. What is not finite makes the scale so, and every product with it.</summary>
    /// <param name="weights">Up to <see cref="Size"/> weights.</param>
    /// <param name="integers"><see cref="Size"/> integers; behind the weights zeros.</param>
    /// <returns>The scale.</returns>
    public static float Quantize(ReadOnlySpan<float> weights, Span<sbyte> integers)
    {
        Span<float> group = stackalloc float[Size];
        weights.CopyTo(group);
        group[weights.Length..].Clear();
        float scale = LargestMagnitude(group) / LargestWeight;
        if (scale > 0)
        {
            Divide(group, scale, integers);
        }
        else
        {
            integers[..Size].Clear();
        }

        return scale;
    }

    // NaN stays.
    private static float LargestMagnitude(ReadOnlySpan<float> group)
    {
        Vector<float> largest = Vector<float>.Zero;
        foreach (Vector<float> x in MemoryMarshal.Cast<float, Vector<float>>(group))
        {
            largest = Vector.Max(largest, Vector.Abs(x));
        }

        float result = 0;
        for (int i = 0; i < Vector<float>.Count; i++)
        {
            result = MathF.Max(result, largest[i]);
        }

        return result;
    }

    private static void Divide(ReadOnlySpan<float> group, float scale, Span<sbyte> integers)
    {
        Vector<float> scales = new(scale);
        for (int i = 0; i < Size; i += Vector<sbyte>.Count)
        {
            Vector.Narrow(Shorts(group[i..], scales), Shorts(group[(i + Vector<short>.Count)..], scales))
                .CopyTo(integers[i..]);
        }
    }

    private static Vector<short> Shorts(ReadOnlySpan<float> group, Vector<float> scales) =>
        Vector.Narrow(Rounded(group, scales), Rounded(group[Vector<float>.Count..], scales));

    private static Vector<int> Rounded(ReadOnlySpan<float> group, Vector<float> scales) =>
        Vector.ConvertToInt32(Vector.Round(new Vector<float>(group) / scales));
}
