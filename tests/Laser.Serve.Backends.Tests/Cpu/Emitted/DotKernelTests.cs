using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Emitted;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Cpu.Emitted;

public sealed unsafe class DotKernelTests
{
    private const int Columns = 64;

    public static TheoryData<int> RowCounts => [.. Enumerable.Range(1, DotKernels.MostRows)];

    // Inputs, panel and sums each end at a page that must not be touched. Each product and each sum may be rounded, in
    // any order, or neither be.
    [DotTheory]
    [MemberData(nameof(RowCounts))]
    public void Multiply_ExactMemory_AddsTheProductsAndStaysInside(int rows)
    {
        DotKernels kernels = DotKernelChoice.For(BFloat16DotProduct.Require).Kernels!;
        foreach (int pairs in (int[])[1, 2, 3, 16, 61])
        {
            var random = new DeterministicRandom((ulong)((rows * 100) + pairs));
            using GuardedMemory<ushort> x = Numbers(random, rows * 2 * pairs);
            using GuardedMemory<ushort> panel = Numbers(random, Columns * 2 * pairs);
            using var y = new GuardedMemory<float>(rows * Columns);
            float[] start = random.Gaussians(rows * Columns);
            start.CopyTo(y.Span);

            kernels.Multiply(rows, (byte*)x.Pointer, 4 * pairs, (byte*)panel.Pointer, pairs, y.Pointer, 4 * Columns);

            for (int i = 0; i < start.Length; i++)
            {
                double sum = start[i];
                double magnitudes = Math.Abs(sum);
                for (int k = 0; k < 2 * pairs; k++)
                {
                    double product = Widen(x.Span[(i / Columns * 2 * pairs) + k])
                        * (double)Widen(panel.Span[(k / 2 * 2 * Columns) + (i % Columns * 2) + (k % 2)]);
                    sum += product;
                    magnitudes += Math.Abs(product);
                }

                Assert.InRange(Math.Abs(y.Span[i] - sum), 0, Math.ScaleB(4 * pairs * magnitudes, -24));
            }
        }
    }

    [DotTheory]
    [MemberData(nameof(RowCounts))]
    public void Multiply_InBlocksOfPairs_SameBitsAsAtOnce(int rows)
    {
        const int pairs = 24;
        DotKernels kernels = DotKernelChoice.For(BFloat16DotProduct.Require).Kernels!;
        var random = new DeterministicRandom((ulong)rows);
        using GuardedMemory<ushort> x = Numbers(random, rows * 2 * pairs);
        using GuardedMemory<ushort> panel = Numbers(random, Columns * 2 * pairs);
        using var once = new GuardedMemory<float>(rows * Columns);
        using var blocks = new GuardedMemory<float>(rows * Columns);

        Multiply(once, 0, pairs);
        Multiply(blocks, 0, 7);
        Multiply(blocks, 7, pairs - 7);

        Assert.Equal(once.Span.ToArray(), blocks.Span.ToArray());

        void Multiply(GuardedMemory<float> y, int first, int count) => kernels.Multiply(
            rows, (byte*)(x.Pointer + (2 * first)), 4 * pairs, (byte*)(panel.Pointer + (2 * Columns * first)), count,
            y.Pointer, 4 * Columns);
    }

    private static GuardedMemory<ushort> Numbers(DeterministicRandom random, int count)
    {
        var memory = new GuardedMemory<ushort>(count);
        float[] values = random.Gaussians(count);
        for (int i = 0; i < count; i++)
        {
            memory.Span[i] = (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
        }

        return memory;
    }

    private static float Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
