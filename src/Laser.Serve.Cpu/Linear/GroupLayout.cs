using System.Numerics;
using System.Runtime.InteropServices;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Where a quantized weight stands. Along the inputs of an output, 64 weights are a group: 8-bit integers and one fp32
/// scale, <c>w ~ scale * q</c> with <c>scale = max |w| / 127</c>, so that a weight is off by half a scale at most. A
/// panel of 64 outputs is one stream of groups, the last one padded with zeros:
/// <code>
///   [panel][input / 64] { fp32 scale [64 outputs], int8 q [32 pairs][64 outputs][2 inputs] }
/// </code>
/// </summary>
internal static unsafe class GroupLayout
{
    /// <summary>Inputs per group.</summary>
    public const int Inputs = 64;

    /// <summary>Pairs of inputs per group.</summary>
    public const int Pairs = Inputs / 2;

    /// <summary>Bytes of the scales of a group.</summary>
    public const int ScaleBytes = PanelLayout.Outputs * sizeof(float);

    /// <summary>Bytes of a pair of inputs.</summary>
    public const int PairBytes = 2 * PanelLayout.Outputs;

    /// <summary>Bytes of a group.</summary>
    public const int GroupBytes = ScaleBytes + (Pairs * PairBytes);

    private const int LargestWeight = 127;

    /// <summary>Groups along the inputs.</summary>
    public static int GroupCount(int inputFeatures) => (int)(((long)inputFeatures + Inputs - 1) / Inputs);

    /// <summary>Bytes of a panel.</summary>
    public static long PanelBytes(int inputFeatures) => (long)GroupCount(inputFeatures) * GroupBytes;

    /// <summary>Quantizes the weights of an output into its lane of a panel that is zero.</summary>
    public static void Pack(ReadOnlySpan<float> row, byte* panel, int lane)
    {
        Span<float> group = stackalloc float[Inputs];
        for (int first = 0; first < row.Length; first += Inputs, panel += GroupBytes)
        {
            ReadOnlySpan<float> source = row.Slice(first, Math.Min(Inputs, row.Length - first));
            source.CopyTo(group);
            group[source.Length..].Clear();

            // What is not finite makes the scale so, and every product with it.
            float scale = LargestMagnitude(group) / LargestWeight;
            ((float*)panel)[lane] = scale;
            if (scale > 0)
            {
                PackIntegers(group, scale, panel + ScaleBytes + (2 * lane));
            }
        }
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

    private static void PackIntegers(ReadOnlySpan<float> group, float scale, byte* target)
    {
        Span<int> integers = stackalloc int[Inputs];
        Vector<float> scales = new(scale);
        for (int i = 0; i < Inputs; i += Vector<float>.Count)
        {
            Vector.ConvertToInt32(Vector.Round(new Vector<float>(group[i..]) / scales)).CopyTo(integers[i..]);
        }

        for (int pair = 0; pair < Pairs; pair++)
        {
            *(short*)(target + (pair * PairBytes)) =
                (short)((byte)integers[2 * pair] | (integers[(2 * pair) + 1] << 8));
        }
    }
}
