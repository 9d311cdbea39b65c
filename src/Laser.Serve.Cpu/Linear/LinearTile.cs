using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// A tile of a matrix product: <c>y[row, lane] = bias[lane] + sum_k x[row, k] * w[k, lane]</c> for the 64 lanes of one
/// panel.
/// <para>
/// Lanes are output features. Every output is one chain of fused multiply-adds in ascending k that begins with the
/// bias, whatever the number of rows, so a row has the same bits in every tile. Writes 64 columns and, with four rows,
/// four rows: the caller points <c>y</c> at scratch where the result has fewer. An odd last input is a step of its own;
/// nothing is read past the rows.
/// </para>
/// <para>
/// Kernels are compiled for themselves and at once: inlined into a profiled caller they have been seen to lose their
/// registers, ten times slower with AVX2.
/// </para>
/// </summary>
internal static unsafe class LinearTile
{
    /// <summary>Rows of the larger tile.</summary>
    public const int Rows = 4;

    private const int Vector = 64; // bytes

    /// <summary>One row of input by one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void OneRow<T>(float* x, byte* panel, nint inputs, float* bias, float* y)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(PanelLayout.RowBytes);
        Vector512<float> a0 = Vector512.Load(bias);
        Vector512<float> a1 = Vector512.Load(bias + 16);
        Vector512<float> a2 = Vector512.Load(bias + 32);
        Vector512<float> a3 = Vector512.Load(bias + 48);
        for (nint i = inputs >> 1; i > 0; i--)
        {
            Vector512<float> even = Vector512.Create(x[0]);
            Vector512<float> odd = Vector512.Create(x[1]);
            a0 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel), a0);
            a1 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel + Vector), a1);
            a2 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel + (2 * Vector)), a2);
            a3 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel + (3 * Vector)), a3);
            a0 = Vector512.FusedMultiplyAdd(odd, T.LoadOdd(panel, PanelLayout.RowBytes), a0);
            a1 = Vector512.FusedMultiplyAdd(odd, T.LoadOdd(panel + Vector, PanelLayout.RowBytes), a1);
            a2 = Vector512.FusedMultiplyAdd(odd, T.LoadOdd(panel + (2 * Vector), PanelLayout.RowBytes), a2);
            a3 = Vector512.FusedMultiplyAdd(odd, T.LoadOdd(panel + (3 * Vector), PanelLayout.RowBytes), a3);
            panel += stride;
            x += 2;
        }

        if ((inputs & 1) != 0)
        {
            Vector512<float> even = Vector512.Create(*x);
            a0 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel), a0);
            a1 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel + Vector), a1);
            a2 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel + (2 * Vector)), a2);
            a3 = Vector512.FusedMultiplyAdd(even, T.LoadEven(panel + (3 * Vector)), a3);
        }

        a0.Store(y);
        a1.Store(y + 16);
        a2.Store(y + 32);
        a3.Store(y + 48);
    }

    /// <summary>Four rows of input by one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourRows<T>(in LinearTileRows x, byte* panel, nint inputs, float* bias, float* y, nint yStride)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(PanelLayout.RowBytes);
        float* x0 = x.Row0;
        float* x1 = x.Row1;
        float* x2 = x.Row2;
        float* x3 = x.Row3;
        Vector512<float> a0 = Vector512.Load(bias + 0);
        Vector512<float> a1 = Vector512.Load(bias + 16);
        Vector512<float> a2 = Vector512.Load(bias + 32);
        Vector512<float> a3 = Vector512.Load(bias + 48);
        Vector512<float> b0 = a0;
        Vector512<float> b1 = a1;
        Vector512<float> b2 = a2;
        Vector512<float> b3 = a3;
        Vector512<float> c0 = a0;
        Vector512<float> c1 = a1;
        Vector512<float> c2 = a2;
        Vector512<float> c3 = a3;
        Vector512<float> d0 = a0;
        Vector512<float> d1 = a1;
        Vector512<float> d2 = a2;
        Vector512<float> d3 = a3;

        for (nint i = inputs >> 1; i > 0; i--)
        {
            Vector512<float> f0 = Vector512.Create(x0[0]);
            Vector512<float> f1 = Vector512.Create(x1[0]);
            Vector512<float> f2 = Vector512.Create(x2[0]);
            Vector512<float> f3 = Vector512.Create(x3[0]);
            Vector512<float> w = T.LoadEven(panel);
            a0 = Vector512.FusedMultiplyAdd(f0, w, a0);
            b0 = Vector512.FusedMultiplyAdd(f1, w, b0);
            c0 = Vector512.FusedMultiplyAdd(f2, w, c0);
            d0 = Vector512.FusedMultiplyAdd(f3, w, d0);
            w = T.LoadEven(panel + Vector);
            a1 = Vector512.FusedMultiplyAdd(f0, w, a1);
            b1 = Vector512.FusedMultiplyAdd(f1, w, b1);
            c1 = Vector512.FusedMultiplyAdd(f2, w, c1);
            d1 = Vector512.FusedMultiplyAdd(f3, w, d1);
            w = T.LoadEven(panel + (2 * Vector));
            a2 = Vector512.FusedMultiplyAdd(f0, w, a2);
            b2 = Vector512.FusedMultiplyAdd(f1, w, b2);
            c2 = Vector512.FusedMultiplyAdd(f2, w, c2);
            d2 = Vector512.FusedMultiplyAdd(f3, w, d2);
            w = T.LoadEven(panel + (3 * Vector));
            a3 = Vector512.FusedMultiplyAdd(f0, w, a3);
            b3 = Vector512.FusedMultiplyAdd(f1, w, b3);
            c3 = Vector512.FusedMultiplyAdd(f2, w, c3);
            d3 = Vector512.FusedMultiplyAdd(f3, w, d3);

            f0 = Vector512.Create(x0[1]);
            f1 = Vector512.Create(x1[1]);
            f2 = Vector512.Create(x2[1]);
            f3 = Vector512.Create(x3[1]);
            w = T.LoadOdd(panel, PanelLayout.RowBytes);
            a0 = Vector512.FusedMultiplyAdd(f0, w, a0);
            b0 = Vector512.FusedMultiplyAdd(f1, w, b0);
            c0 = Vector512.FusedMultiplyAdd(f2, w, c0);
            d0 = Vector512.FusedMultiplyAdd(f3, w, d0);
            w = T.LoadOdd(panel + Vector, PanelLayout.RowBytes);
            a1 = Vector512.FusedMultiplyAdd(f0, w, a1);
            b1 = Vector512.FusedMultiplyAdd(f1, w, b1);
            c1 = Vector512.FusedMultiplyAdd(f2, w, c1);
            d1 = Vector512.FusedMultiplyAdd(f3, w, d1);
            w = T.LoadOdd(panel + (2 * Vector), PanelLayout.RowBytes);
            a2 = Vector512.FusedMultiplyAdd(f0, w, a2);
            b2 = Vector512.FusedMultiplyAdd(f1, w, b2);
            c2 = Vector512.FusedMultiplyAdd(f2, w, c2);
            d2 = Vector512.FusedMultiplyAdd(f3, w, d2);
            w = T.LoadOdd(panel + (3 * Vector), PanelLayout.RowBytes);
            a3 = Vector512.FusedMultiplyAdd(f0, w, a3);
            b3 = Vector512.FusedMultiplyAdd(f1, w, b3);
            c3 = Vector512.FusedMultiplyAdd(f2, w, c3);
            d3 = Vector512.FusedMultiplyAdd(f3, w, d3);

            panel += stride;
            x0 += 2;
            x1 += 2;
            x2 += 2;
            x3 += 2;
        }

        if ((inputs & 1) != 0)
        {
            Vector512<float> w = T.LoadEven(panel);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Create(*x0), w, a0);
            b0 = Vector512.FusedMultiplyAdd(Vector512.Create(*x1), w, b0);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(*x2), w, c0);
            d0 = Vector512.FusedMultiplyAdd(Vector512.Create(*x3), w, d0);

            w = T.LoadEven(panel + Vector);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Create(*x0), w, a1);
            b1 = Vector512.FusedMultiplyAdd(Vector512.Create(*x1), w, b1);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(*x2), w, c1);
            d1 = Vector512.FusedMultiplyAdd(Vector512.Create(*x3), w, d1);

            w = T.LoadEven(panel + (2 * Vector));
            a2 = Vector512.FusedMultiplyAdd(Vector512.Create(*x0), w, a2);
            b2 = Vector512.FusedMultiplyAdd(Vector512.Create(*x1), w, b2);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(*x2), w, c2);
            d2 = Vector512.FusedMultiplyAdd(Vector512.Create(*x3), w, d2);

            w = T.LoadEven(panel + (3 * Vector));
            a3 = Vector512.FusedMultiplyAdd(Vector512.Create(*x0), w, a3);
            b3 = Vector512.FusedMultiplyAdd(Vector512.Create(*x1), w, b3);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(*x2), w, c3);
            d3 = Vector512.FusedMultiplyAdd(Vector512.Create(*x3), w, d3);
        }

        a0.Store(y);
        a1.Store(y + 16);
        a2.Store(y + 32);
        a3.Store(y + 48);
        y += yStride;
        b0.Store(y);
        b1.Store(y + 16);
        b2.Store(y + 32);
        b3.Store(y + 48);
        y += yStride;
        c0.Store(y);
        c1.Store(y + 16);
        c2.Store(y + 32);
        c3.Store(y + 48);
        y += yStride;
        d0.Store(y);
        d1.Store(y + 16);
        d2.Store(y + 32);
        d3.Store(y + 48);
    }

    /// <summary>Four rows of input by 16 lanes of a panel: what 16 registers of 256 bits can hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourRowsNarrow<T>(
        in LinearTileRows x, byte* panel, nint inputs, float* bias, float* y, nint yStride)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(PanelLayout.RowBytes);
        float* x0 = x.Row0;
        float* x1 = x.Row1;
        float* x2 = x.Row2;
        float* x3 = x.Row3;
        Vector512<float> a = Vector512.Load(bias);
        Vector512<float> b = a;
        Vector512<float> c = a;
        Vector512<float> d = a;
        for (nint i = 0; i < inputs - 1; i += 2)
        {
            Vector512<float> w = T.LoadEven(panel);
            a = Vector512.FusedMultiplyAdd(Vector512.Create(x0[i]), w, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Create(x1[i]), w, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Create(x2[i]), w, c);
            d = Vector512.FusedMultiplyAdd(Vector512.Create(x3[i]), w, d);
            w = T.LoadOdd(panel, PanelLayout.RowBytes);
            a = Vector512.FusedMultiplyAdd(Vector512.Create(x0[i + 1]), w, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Create(x1[i + 1]), w, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Create(x2[i + 1]), w, c);
            d = Vector512.FusedMultiplyAdd(Vector512.Create(x3[i + 1]), w, d);
            panel += stride;
        }

        if ((inputs & 1) != 0)
        {
            Vector512<float> w = T.LoadEven(panel);
            a = Vector512.FusedMultiplyAdd(Vector512.Create(x0[inputs - 1]), w, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Create(x1[inputs - 1]), w, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Create(x2[inputs - 1]), w, c);
            d = Vector512.FusedMultiplyAdd(Vector512.Create(x3[inputs - 1]), w, d);
        }

        a.Store(y);
        b.Store(y + yStride);
        c.Store(y + (2 * yStride));
        d.Store(y + (3 * yStride));
    }
}
