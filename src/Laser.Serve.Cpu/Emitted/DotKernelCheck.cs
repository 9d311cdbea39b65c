using Laser.Serve.Cpu.Linear;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Emitted;

/// <summary>
/// Tries every kernel before it is used. Small whole numbers are exact in bf16 and in sums: those must give the bits of
/// the kernel without a dot product. Fractions may differ by roundings of the sums. Behind each row stand words that
/// must stay.
/// </summary>
internal static unsafe class DotKernelCheck
{
    private const int MostPairs = 33;
    private const int Columns = PanelLayout.Outputs + 1;
    private const float Guard = 12345;

    /// <summary>Whether all kernels compute what they should.</summary>
    public static bool Passes(DotKernels kernels)
    {
        for (int rows = 1; rows <= DotKernels.MostRows; rows++)
        {
            foreach (int pairs in (ReadOnlySpan<int>)[1, 2, 7, MostPairs])
            {
                // Sums of products of whole numbers up to 8 stay far below 2^24.
                if (!Passes(kernels, rows, pairs, 1, 0) || !Passes(kernels, rows, pairs, 1f / 61, 1e-6f * pairs))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Passes(DotKernels kernels, int rows, int pairs, float unit, float tolerance)
    {
        Random random = new(rows + pairs);
        float[] x = new float[DotKernels.MostRows * 2 * MostPairs];
        uint[] rounded = new uint[x.Length / 2];
        uint[] panel = new uint[MostPairs * PanelLayout.Outputs];
        float[] bias = new float[PanelLayout.Outputs];
        float[] expected = new float[PanelLayout.Outputs];
        float[] sums = new float[rows * Columns];
        Fill(random, x, unit);
        Fill(random, bias, unit);
        for (int i = 0; i < panel.Length; i++)
        {
            panel[i] = Pair(Number(random, unit), Number(random, unit));
        }

        for (int i = 0; i < rounded.Length; i++)
        {
            rounded[i] = Pair(x[2 * i], x[(2 * i) + 1]);
        }

        for (int row = 0; row < rows; row++)
        {
            bias.CopyTo(sums, row * Columns);
            sums[(row * Columns) + PanelLayout.Outputs] = Guard;
        }

        fixed (float* input = x, start = bias, y = sums, reference = expected)
        fixed (uint* pair = rounded, weight = panel)
        {
            kernels.Multiply(
                rows, (byte*)pair, MostPairs * sizeof(uint), (byte*)weight, pairs, y, Columns * sizeof(float));
            for (int row = 0; row < rows; row++)
            {
                LinearTile.OneRow<BFloat16Pairs>(
                    input + (row * 2 * MostPairs), (byte*)weight, 2 * pairs, start, reference);
                if (!Same(expected, sums.AsSpan(row * Columns, Columns), tolerance))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(MathF.Abs(expected[i] - actual[i]) <= tolerance))
            {
                return false;
            }
        }

        return actual[^1] == Guard;
    }

    private static void Fill(Random random, float[] values, float unit)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Number(random, unit);
        }
    }

    // Both kernels get numbers that bf16 holds, so that only their sums can differ.
    private static float Number(Random random, float unit) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(random.Next(-8, 9) * unit) & 0xFFFF0000);

    private static uint Pair(float even, float odd) =>
        (BitConverter.SingleToUInt32Bits(even) >> 16) | BitConverter.SingleToUInt32Bits(odd);
}
