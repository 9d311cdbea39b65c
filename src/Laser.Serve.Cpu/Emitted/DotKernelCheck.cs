using Laser.Serve.Cpu.Linear;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Emitted;

/// <summary>
/// Tries every kernel before it is used, against the one without a dot product and with numbers that bf16 holds. Small
/// whole ones are exact in sums too and must give the same bits; fractions may differ by roundings of the sums. Behind
/// each row stands a number that must stay.
/// </summary>
internal static unsafe class DotKernelCheck
{
    private const int Columns = PanelLayout.Outputs + 1;
    private const float Guard = 12345;

    /// <summary>Whether all kernels compute what they should.</summary>
    public static bool Passes(DotKernels kernels)
    {
        bool passes = true;
        for (int rows = 1; rows <= DotKernels.MostRows; rows++)
        {
            foreach (int pairs in (ReadOnlySpan<int>)[1, 2, 7, 33])
            {
                passes &= Passes(kernels, rows, pairs, unit: 1, tolerance: 0);
                passes &= Passes(kernels, rows, pairs, unit: 1f / 61, tolerance: 1e-6f * pairs);
            }
        }

        return passes;
    }

    private static bool Passes(DotKernels kernels, int rows, int pairs, float unit, float tolerance)
    {
        Random random = new(rows + pairs);
        float[] x = Numbers(random, rows * 2 * pairs, unit);
        uint[] xPairs = Pairs(x);
        uint[] panel = Pairs(Numbers(random, PanelLayout.Outputs * 2 * pairs, unit));
        float[] start = [.. Numbers(random, PanelLayout.Outputs, unit), Guard];
        float[] sums = [.. Enumerable.Repeat(start, rows).SelectMany(row => row)];
        float[] expected = new float[sums.Length];
        fixed (float* input = x, bias = start, y = sums, reference = expected)
        fixed (uint* pair = xPairs, weight = panel)
        {
            kernels.Multiply(
                rows, (byte*)pair, pairs * sizeof(uint), (byte*)weight, pairs, y, Columns * sizeof(float));
            for (int row = 0; row < rows; row++)
            {
                LinearTile.OneRow<BFloat16Pairs>(
                    input + (row * 2 * pairs), (byte*)weight, 2 * pairs, bias, reference + (row * Columns));
                expected[(row * Columns) + PanelLayout.Outputs] = Guard;
            }
        }

        return sums.Zip(expected, (sum, right) => MathF.Abs(sum - right) <= tolerance).All(same => same);
    }

    private static float[] Numbers(Random random, int count, float unit) =>
        [.. Enumerable.Range(0, count).Select(_ => BFloat16(random.Next(-8, 9) * unit))];

    private static float BFloat16(float value) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000);

    private static uint[] Pairs(float[] numbers) =>
    [
        .. numbers.Chunk(2).Select(pair =>
            BitConverter.SingleToUInt32Bits(pair[0]) >> 16 | BitConverter.SingleToUInt32Bits(pair[1])),
    ];
}
