using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Weighted sums of a block: <c>part[query, c] = sum_t w[query, t] * u[t, c]</c> and
/// <c>l[query] = sum_t w[query, t]</c>.
/// <para>
/// Lanes are channels, 64 at a time or 16. Every sum is one chain in ascending t, whatever the number of queries; the
/// row sum rides along in a vector of equal lanes. A weight of 0 changes nothing, so queries that see fewer tokens than
/// others take part with zeros. An odd last token is a step of its own.
/// </para>
/// Compiled for itself and at once, for the reason given at <see cref="Linear.LinearTile"/>.
/// </summary>
internal static unsafe class WeightedSum
{
    /// <summary>Query vectors of the larger kernels.</summary>
    public const int Queries = 4;

    /// <summary>Channels of the larger kernels.</summary>
    public const int Channels = 64;

    private const int Vector = 64; // bytes

    /// <summary>One query, 64 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void One<T>(float* w, byte* u, nint rowBytes, int tokens, float* part, float* sum)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(rowBytes);
        Vector512<float> l = default;
        Vector512<float> a0 = default;
        Vector512<float> a1 = default;
        Vector512<float> a2 = default;
        Vector512<float> a3 = default;
        for (int i = tokens >> 1; i > 0; i--)
        {
            Vector512<float> x = Vector512.Create(w[0]);
            l += x;
            a0 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u), a0);
            a1 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u + Vector), a1);
            a2 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u + (2 * Vector)), a2);
            a3 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u + (3 * Vector)), a3);
            x = Vector512.Create(w[1]);
            l += x;
            a0 = Vector512.FusedMultiplyAdd(x, T.LoadOdd(u, rowBytes), a0);
            a1 = Vector512.FusedMultiplyAdd(x, T.LoadOdd(u + Vector, rowBytes), a1);
            a2 = Vector512.FusedMultiplyAdd(x, T.LoadOdd(u + (2 * Vector), rowBytes), a2);
            a3 = Vector512.FusedMultiplyAdd(x, T.LoadOdd(u + (3 * Vector), rowBytes), a3);
            u += stride;
            w += 2;
        }

        if ((tokens & 1) != 0)
        {
            Vector512<float> x = Vector512.Create(w[0]);
            l += x;
            a0 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u), a0);
            a1 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u + Vector), a1);
            a2 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u + (2 * Vector)), a2);
            a3 = Vector512.FusedMultiplyAdd(x, T.LoadEven(u + (3 * Vector)), a3);
        }

        a0.Store(part);
        a1.Store(part + 16);
        a2.Store(part + 32);
        a3.Store(part + 48);
        *sum = l.ToScalar();
    }

    /// <summary>One query, 16 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void OneNarrow<T>(float* w, byte* u, nint rowBytes, int tokens, float* part, float* sum)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(rowBytes);
        Vector512<float> l = default;
        Vector512<float> a = default;
        for (int i = tokens >> 1; i > 0; i--)
        {
            Vector512<float> x = Vector512.Create(w[0]);
            l += x;
            a = Vector512.FusedMultiplyAdd(x, T.LoadEven(u), a);
            x = Vector512.Create(w[1]);
            l += x;
            a = Vector512.FusedMultiplyAdd(x, T.LoadOdd(u, rowBytes), a);
            u += stride;
            w += 2;
        }

        if ((tokens & 1) != 0)
        {
            Vector512<float> x = Vector512.Create(w[0]);
            l += x;
            a = Vector512.FusedMultiplyAdd(x, T.LoadEven(u), a);
        }

        a.Store(part);
        *sum = l.ToScalar();
    }

    /// <summary>Four queries, 64 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Four<T>(
        float* w, int wStride, byte* u, nint rowBytes, int tokens, float* part, int partStride, float* sums)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(rowBytes);
        float* w1 = w + wStride;
        float* w2 = w1 + wStride;
        float* w3 = w2 + wStride;
        Vector512<float> l0 = default;
        Vector512<float> l1 = default;
        Vector512<float> l2 = default;
        Vector512<float> l3 = default;
        Vector512<float> a0 = default;
        Vector512<float> a1 = default;
        Vector512<float> a2 = default;
        Vector512<float> a3 = default;
        Vector512<float> b0 = default;
        Vector512<float> b1 = default;
        Vector512<float> b2 = default;
        Vector512<float> b3 = default;
        Vector512<float> c0 = default;
        Vector512<float> c1 = default;
        Vector512<float> c2 = default;
        Vector512<float> c3 = default;
        Vector512<float> d0 = default;
        Vector512<float> d1 = default;
        Vector512<float> d2 = default;
        Vector512<float> d3 = default;
        for (int i = tokens >> 1; i > 0; i--)
        {
            Vector512<float> x0 = Vector512.Create(w[0]);
            Vector512<float> x1 = Vector512.Create(w1[0]);
            Vector512<float> x2 = Vector512.Create(w2[0]);
            Vector512<float> x3 = Vector512.Create(w3[0]);
            l0 += x0;
            l1 += x1;
            l2 += x2;
            l3 += x3;
            Vector512<float> value = T.LoadEven(u);
            a0 = Vector512.FusedMultiplyAdd(x0, value, a0);
            b0 = Vector512.FusedMultiplyAdd(x1, value, b0);
            c0 = Vector512.FusedMultiplyAdd(x2, value, c0);
            d0 = Vector512.FusedMultiplyAdd(x3, value, d0);
            value = T.LoadEven(u + Vector);
            a1 = Vector512.FusedMultiplyAdd(x0, value, a1);
            b1 = Vector512.FusedMultiplyAdd(x1, value, b1);
            c1 = Vector512.FusedMultiplyAdd(x2, value, c1);
            d1 = Vector512.FusedMultiplyAdd(x3, value, d1);
            value = T.LoadEven(u + (2 * Vector));
            a2 = Vector512.FusedMultiplyAdd(x0, value, a2);
            b2 = Vector512.FusedMultiplyAdd(x1, value, b2);
            c2 = Vector512.FusedMultiplyAdd(x2, value, c2);
            d2 = Vector512.FusedMultiplyAdd(x3, value, d2);
            value = T.LoadEven(u + (3 * Vector));
            a3 = Vector512.FusedMultiplyAdd(x0, value, a3);
            b3 = Vector512.FusedMultiplyAdd(x1, value, b3);
            c3 = Vector512.FusedMultiplyAdd(x2, value, c3);
            d3 = Vector512.FusedMultiplyAdd(x3, value, d3);

            x0 = Vector512.Create(w[1]);
            x1 = Vector512.Create(w1[1]);
            x2 = Vector512.Create(w2[1]);
            x3 = Vector512.Create(w3[1]);
            l0 += x0;
            l1 += x1;
            l2 += x2;
            l3 += x3;
            value = T.LoadOdd(u, rowBytes);
            a0 = Vector512.FusedMultiplyAdd(x0, value, a0);
            b0 = Vector512.FusedMultiplyAdd(x1, value, b0);
            c0 = Vector512.FusedMultiplyAdd(x2, value, c0);
            d0 = Vector512.FusedMultiplyAdd(x3, value, d0);
            value = T.LoadOdd(u + Vector, rowBytes);
            a1 = Vector512.FusedMultiplyAdd(x0, value, a1);
            b1 = Vector512.FusedMultiplyAdd(x1, value, b1);
            c1 = Vector512.FusedMultiplyAdd(x2, value, c1);
            d1 = Vector512.FusedMultiplyAdd(x3, value, d1);
            value = T.LoadOdd(u + (2 * Vector), rowBytes);
            a2 = Vector512.FusedMultiplyAdd(x0, value, a2);
            b2 = Vector512.FusedMultiplyAdd(x1, value, b2);
            c2 = Vector512.FusedMultiplyAdd(x2, value, c2);
            d2 = Vector512.FusedMultiplyAdd(x3, value, d2);
            value = T.LoadOdd(u + (3 * Vector), rowBytes);
            a3 = Vector512.FusedMultiplyAdd(x0, value, a3);
            b3 = Vector512.FusedMultiplyAdd(x1, value, b3);
            c3 = Vector512.FusedMultiplyAdd(x2, value, c3);
            d3 = Vector512.FusedMultiplyAdd(x3, value, d3);

            u += stride;
            w += 2;
            w1 += 2;
            w2 += 2;
            w3 += 2;
        }

        if ((tokens & 1) != 0)
        {
            Vector512<float> x0 = Vector512.Create(w[0]);
            Vector512<float> x1 = Vector512.Create(w1[0]);
            Vector512<float> x2 = Vector512.Create(w2[0]);
            Vector512<float> x3 = Vector512.Create(w3[0]);
            l0 += x0;
            l1 += x1;
            l2 += x2;
            l3 += x3;
            Vector512<float> value = T.LoadEven(u);
            a0 = Vector512.FusedMultiplyAdd(x0, value, a0);
            b0 = Vector512.FusedMultiplyAdd(x1, value, b0);
            c0 = Vector512.FusedMultiplyAdd(x2, value, c0);
            d0 = Vector512.FusedMultiplyAdd(x3, value, d0);
            value = T.LoadEven(u + Vector);
            a1 = Vector512.FusedMultiplyAdd(x0, value, a1);
            b1 = Vector512.FusedMultiplyAdd(x1, value, b1);
            c1 = Vector512.FusedMultiplyAdd(x2, value, c1);
            d1 = Vector512.FusedMultiplyAdd(x3, value, d1);
            value = T.LoadEven(u + (2 * Vector));
            a2 = Vector512.FusedMultiplyAdd(x0, value, a2);
            b2 = Vector512.FusedMultiplyAdd(x1, value, b2);
            c2 = Vector512.FusedMultiplyAdd(x2, value, c2);
            d2 = Vector512.FusedMultiplyAdd(x3, value, d2);
            value = T.LoadEven(u + (3 * Vector));
            a3 = Vector512.FusedMultiplyAdd(x0, value, a3);
            b3 = Vector512.FusedMultiplyAdd(x1, value, b3);
            c3 = Vector512.FusedMultiplyAdd(x2, value, c3);
            d3 = Vector512.FusedMultiplyAdd(x3, value, d3);
        }

        a0.Store(part);
        a1.Store(part + 16);
        a2.Store(part + 32);
        a3.Store(part + 48);
        part += partStride;
        b0.Store(part);
        b1.Store(part + 16);
        b2.Store(part + 32);
        b3.Store(part + 48);
        part += partStride;
        c0.Store(part);
        c1.Store(part + 16);
        c2.Store(part + 32);
        c3.Store(part + 48);
        part += partStride;
        d0.Store(part);
        d1.Store(part + 16);
        d2.Store(part + 32);
        d3.Store(part + 48);
        sums[0] = l0.ToScalar();
        sums[1] = l1.ToScalar();
        sums[2] = l2.ToScalar();
        sums[3] = l3.ToScalar();
    }

    /// <summary>Four queries, 16 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourNarrow<T>(
        float* w, int wStride, byte* u, nint rowBytes, int tokens, float* part, int partStride, float* sums)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(rowBytes);
        float* w1 = w + wStride;
        float* w2 = w1 + wStride;
        float* w3 = w2 + wStride;
        Vector512<float> l0 = default;
        Vector512<float> l1 = default;
        Vector512<float> l2 = default;
        Vector512<float> l3 = default;
        Vector512<float> a0 = default;
        Vector512<float> b0 = default;
        Vector512<float> c0 = default;
        Vector512<float> d0 = default;
        for (int i = tokens >> 1; i > 0; i--)
        {
            Vector512<float> x0 = Vector512.Create(w[0]);
            Vector512<float> x1 = Vector512.Create(w1[0]);
            Vector512<float> x2 = Vector512.Create(w2[0]);
            Vector512<float> x3 = Vector512.Create(w3[0]);
            l0 += x0;
            l1 += x1;
            l2 += x2;
            l3 += x3;
            Vector512<float> value = T.LoadEven(u);
            a0 = Vector512.FusedMultiplyAdd(x0, value, a0);
            b0 = Vector512.FusedMultiplyAdd(x1, value, b0);
            c0 = Vector512.FusedMultiplyAdd(x2, value, c0);
            d0 = Vector512.FusedMultiplyAdd(x3, value, d0);

            x0 = Vector512.Create(w[1]);
            x1 = Vector512.Create(w1[1]);
            x2 = Vector512.Create(w2[1]);
            x3 = Vector512.Create(w3[1]);
            l0 += x0;
            l1 += x1;
            l2 += x2;
            l3 += x3;
            value = T.LoadOdd(u, rowBytes);
            a0 = Vector512.FusedMultiplyAdd(x0, value, a0);
            b0 = Vector512.FusedMultiplyAdd(x1, value, b0);
            c0 = Vector512.FusedMultiplyAdd(x2, value, c0);
            d0 = Vector512.FusedMultiplyAdd(x3, value, d0);

            u += stride;
            w += 2;
            w1 += 2;
            w2 += 2;
            w3 += 2;
        }

        if ((tokens & 1) != 0)
        {
            Vector512<float> x0 = Vector512.Create(w[0]);
            Vector512<float> x1 = Vector512.Create(w1[0]);
            Vector512<float> x2 = Vector512.Create(w2[0]);
            Vector512<float> x3 = Vector512.Create(w3[0]);
            l0 += x0;
            l1 += x1;
            l2 += x2;
            l3 += x3;
            Vector512<float> value = T.LoadEven(u);
            a0 = Vector512.FusedMultiplyAdd(x0, value, a0);
            b0 = Vector512.FusedMultiplyAdd(x1, value, b0);
            c0 = Vector512.FusedMultiplyAdd(x2, value, c0);
            d0 = Vector512.FusedMultiplyAdd(x3, value, d0);
        }

        a0.Store(part);
        part += partStride;
        b0.Store(part);
        part += partStride;
        c0.Store(part);
        part += partStride;
        d0.Store(part);
        sums[0] = l0.ToScalar();
        sums[1] = l1.ToScalar();
        sums[2] = l2.ToScalar();
        sums[3] = l3.ToScalar();
    }
}
