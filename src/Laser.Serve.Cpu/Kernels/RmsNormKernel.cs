using System.Runtime.Intrinsics;

namespace Laser.Serve.Cpu.Kernels;

/// <summary>
/// Root-mean-square normalisation of one row: <c>y[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i]</c>. <c>y</c> may
/// be <c>x</c>.
/// <para>
/// Lanes are columns. The squares are summed in four vectors, because one chain of fused multiply-adds would wait on
/// itself, then lane by lane in a tree; columns behind the last 16 are added one by one. The order depends on the
/// number of columns only.
/// </para>
/// </summary>
internal static unsafe class RmsNormKernel
{
    private const int Lanes = 16;

    /// <summary>Normalises <paramref name="columns"/> values.</summary>
    public static void Apply(float* x, float* weight, int columns, float epsilon, float* y)
    {
        float scale = 1f / MathF.Sqrt((SumOfSquares(x, columns) / columns) + epsilon);
        Vector512<float> scales = Vector512.Create(scale);
        int i = 0;
        for (; i <= columns - Lanes; i += Lanes)
        {
            (Vector512.Load(x + i) * scales * Vector512.Load(weight + i)).Store(y + i);
        }

        for (; i < columns; i++)
        {
            y[i] = x[i] * scale * weight[i];
        }
    }

    private static float SumOfSquares(float* x, int columns)
    {
        Vector512<float> a = default;
        Vector512<float> b = default;
        Vector512<float> c = default;
        Vector512<float> d = default;
        int i = 0;
        for (; i <= columns - (4 * Lanes); i += 4 * Lanes)
        {
            Vector512<float> x0 = Vector512.Load(x + i);
            Vector512<float> x1 = Vector512.Load(x + i + Lanes);
            Vector512<float> x2 = Vector512.Load(x + i + (2 * Lanes));
            Vector512<float> x3 = Vector512.Load(x + i + (3 * Lanes));
            a = Vector512.FusedMultiplyAdd(x0, x0, a);
            b = Vector512.FusedMultiplyAdd(x1, x1, b);
            c = Vector512.FusedMultiplyAdd(x2, x2, c);
            d = Vector512.FusedMultiplyAdd(x3, x3, d);
        }

        for (; i <= columns - Lanes; i += Lanes)
        {
            Vector512<float> x0 = Vector512.Load(x + i);
            a = Vector512.FusedMultiplyAdd(x0, x0, a);
        }

        float sum = Vector512.Sum((a + b) + (c + d));
        for (; i < columns; i++)
        {
            sum = MathF.FusedMultiplyAdd(x[i], x[i], sum);
        }

        return sum;
    }
}
