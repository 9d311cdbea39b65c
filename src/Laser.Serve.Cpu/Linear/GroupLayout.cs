using System.Runtime.InteropServices;
using Laser.Serve.Compute.Numerics;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// Where a weight quantized as <see cref="QuantizedGroup"/> says stands. A panel of 64 outputs is one stream of groups,
/// the last one padded with zeros:
/// <code>
///   [panel][input / 64] { fp32 scale [64 outputs], int8 q [32 pairs][64 outputs][2 inputs] }
/// </code>
/// </summary>
internal static unsafe class GroupLayout
{
    /// <summary>Inputs per group.</summary>
    public const int Inputs = QuantizedGroup.Size;

    /// <summary>Pairs of inputs per group.</summary>
    public const int Pairs = Inputs / 2;

    /// <summary>Bytes of the scales of a group.</summary>
    public const int ScaleBytes = PanelLayout.Outputs * sizeof(float);

    /// <summary>Bytes of a pair of inputs.</summary>
    public const int PairBytes = 2 * PanelLayout.Outputs;

    /// <summary>Bytes of a group.</summary>
    public const int GroupBytes = ScaleBytes + (Pairs * PairBytes);

    /// <summary>Groups along the inputs.</summary>
    public static int GroupCount(int inputFeatures) => QuantizedGroup.CountFor(inputFeatures);

    /// <summary>Bytes of a panel.</summary>
    public static long PanelBytes(int inputFeatures) => (long)GroupCount(inputFeatures) * GroupBytes;

    /// <summary>Quantizes the weights of an output into its lane of a panel.</summary>
    public static void Pack(ReadOnlySpan<float> row, byte* panel, int lane)
    {
        Span<sbyte> integers = stackalloc sbyte[Inputs];
        ReadOnlySpan<short> pairs = MemoryMarshal.Cast<sbyte, short>(integers);
        for (int first = 0; first < row.Length; first += Inputs, panel += GroupBytes)
        {
            ((float*)panel)[lane] = QuantizedGroup.Quantize(
                row.Slice(first, Math.Min(Inputs, row.Length - first)), integers);
            byte* target = panel + ScaleBytes + (2 * lane);
            for (int pair = 0; pair < Pairs; pair++)
            {
                *(short*)(target + (pair * PairBytes)) = pairs[pair];
            }
        }
    }
}
