using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Scores of 16 tokens: <c>s[query, t] = scale * sum_c q[query, c] * k[c, t]</c>.
/// <para>
/// Lanes are tokens. Four chains per query, channels c, c+1, c+2 and c+3 mod 4, then <c>(0 + 1) + (2 + 3)</c>: enough
/// independent work for one query, and the same bits for four. Channels are padded to 16 with zeros, so there is no
/// tail.
/// </para>
/// Compiled for itself and at once, for the reason given at <see cref="Linear.LinearTile"/>.
/// </summary>
internal static unsafe class ScoreKernel
{
    /// <summary>Query vectors of the larger kernel.</summary>
    public const int Queries = 4;

    /// <summary>One query vector of <paramref name="channels"/> channels against one group of 16 keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void One<T>(float* q, byte* keys, int channels, float scale, float* s)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(PageLayout.KeyRowBytes);
        Vector512<float> a0 = default;
        Vector512<float> a1 = default;
        Vector512<float> a2 = default;
        Vector512<float> a3 = default;
        for (int i = channels; i > 0; i -= 4)
        {
            byte* next = keys + stride;
            a0 = Vector512.FusedMultiplyAdd(Vector512.Create(q[0]), T.LoadEven(keys), a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Create(q[1]), T.LoadOdd(keys, PageLayout.KeyRowBytes), a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Create(q[2]), T.LoadEven(next), a2);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Create(q[3]), T.LoadOdd(next, PageLayout.KeyRowBytes), a3);
            keys = next + stride;
            q += 4;
        }

        (((a0 + a1) + (a2 + a3)) * Vector512.Create(scale)).Store(s);
    }

    /// <summary>Four query vectors, <paramref name="channels"/> apart, against one group of 16 keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Four<T>(float* q, byte* keys, int channels, float scale, float* s, int sStride)
        where T : struct, IPairFormat
    {
        nint stride = T.PairStride(PageLayout.KeyRowBytes);
        float* q1 = q + channels;
        float* q2 = q1 + channels;
        float* q3 = q2 + channels;
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
        for (int i = channels; i > 0; i -= 4)
        {
            byte* next = keys + stride;
            Vector512<float> k = T.LoadEven(keys);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Create(q[0]), k, a0);
            b0 = Vector512.FusedMultiplyAdd(Vector512.Create(q1[0]), k, b0);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(q2[0]), k, c0);
            d0 = Vector512.FusedMultiplyAdd(Vector512.Create(q3[0]), k, d0);
            k = T.LoadOdd(keys, PageLayout.KeyRowBytes);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Create(q[1]), k, a1);
            b1 = Vector512.FusedMultiplyAdd(Vector512.Create(q1[1]), k, b1);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(q2[1]), k, c1);
            d1 = Vector512.FusedMultiplyAdd(Vector512.Create(q3[1]), k, d1);
            k = T.LoadEven(next);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Create(q[2]), k, a2);
            b2 = Vector512.FusedMultiplyAdd(Vector512.Create(q1[2]), k, b2);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(q2[2]), k, c2);
            d2 = Vector512.FusedMultiplyAdd(Vector512.Create(q3[2]), k, d2);
            k = T.LoadOdd(next, PageLayout.KeyRowBytes);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Create(q[3]), k, a3);
            b3 = Vector512.FusedMultiplyAdd(Vector512.Create(q1[3]), k, b3);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(q2[3]), k, c3);
            d3 = Vector512.FusedMultiplyAdd(Vector512.Create(q3[3]), k, d3);
            keys = next + stride;
            q += 4;
            q1 += 4;
            q2 += 4;
            q3 += 4;
        }

        Vector512<float> scales = Vector512.Create(scale);
        (((a0 + a1) + (a2 + a3)) * scales).Store(s);
        (((b0 + b1) + (b2 + b3)) * scales).Store(s + sStride);
        (((c0 + c1) + (c2 + c3)) * scales).Store(s + (2 * sStride));
        (((d0 + d1) + (d2 + d3)) * scales).Store(s + (3 * sStride));
    }
}
