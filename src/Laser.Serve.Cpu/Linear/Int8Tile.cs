using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Laser.Serve.Cpu.Linear;

/// <summary>
/// A tile of a product of quantized matrices, for the 64 lanes of one panel, lanes being output features:
/// <code>
///   sum[row, lane] = sum over groups of wScale[group, lane] * (sum over k of x[row, k] * w[k, lane])
///   y[row, lane] = bias[lane] + xScale[row] * sum[row, lane]
/// </code>
/// The inner sums are whole numbers and exact: 64 * 127 * 32767 is less than 2^31. The outer one is a chain of fused
/// multiply-adds over ascending groups. So every output has the same bits in every tile and on every processor.
/// </summary>
internal static unsafe class Int8Tile
{
    private const int Half = 32; // bytes of 16 lanes of a pair

    /// <summary>The outer sums for one row of input by one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void OneRow(int* x, byte* panel, int groups, float* y)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (; groups > 0; groups--)
        {
            Vector512<int> a0 = default, a1 = default, a2 = default, a3 = default;
            byte* pair = panel + GroupLayout.ScaleBytes;
            for (int i = 0; i < GroupLayout.Pairs; i++)
            {
                Vector512<short> f = Vector512.Create(x[i]).AsInt16();
                a0 += Int8Pairs.Dot(Int8Pairs.Load(pair), f);
                a1 += Int8Pairs.Dot(Int8Pairs.Load(pair + Half), f);
                a2 += Int8Pairs.Dot(Int8Pairs.Load(pair + (2 * Half)), f);
                a3 += Int8Pairs.Dot(Int8Pairs.Load(pair + (3 * Half)), f);
                pair += GroupLayout.PairBytes;
            }

            float* scales = (float*)panel;
            s0 = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(a0), Vector512.Load(scales), s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(a1), Vector512.Load(scales + 16), s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(a2), Vector512.Load(scales + 32), s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(a3), Vector512.Load(scales + 48), s3);
            panel += GroupLayout.GroupBytes;
            x += GroupLayout.Pairs;
        }

        s0.Store(y);
        s1.Store(y + 16);
        s2.Store(y + 32);
        s3.Store(y + 48);
    }

    /// <summary>The outer sums for four rows of input by one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourRows(in Int8TileRows x, byte* panel, int groups, float* y, nint yStride)
    {
        int* x0 = x.Row0;
        int* x1 = x.Row1;
        int* x2 = x.Row2;
        int* x3 = x.Row3;
        Clear(y, yStride, PanelLayout.Outputs);
        for (; groups > 0; groups--)
        {
            Vector512<int> a0 = default, a1 = default, a2 = default, a3 = default;
            Vector512<int> b0 = default, b1 = default, b2 = default, b3 = default;
            Vector512<int> c0 = default, c1 = default, c2 = default, c3 = default;
            Vector512<int> d0 = default, d1 = default, d2 = default, d3 = default;
            byte* pair = panel + GroupLayout.ScaleBytes;
            for (int i = 0; i < GroupLayout.Pairs; i++)
            {
                Vector512<short> w0 = Int8Pairs.Load(pair);
                Vector512<short> w1 = Int8Pairs.Load(pair + Half);
                Vector512<short> w2 = Int8Pairs.Load(pair + (2 * Half));
                Vector512<short> w3 = Int8Pairs.Load(pair + (3 * Half));
                Vector512<short> f = Vector512.Create(x0[i]).AsInt16();
                a0 += Int8Pairs.Dot(w0, f);
                a1 += Int8Pairs.Dot(w1, f);
                a2 += Int8Pairs.Dot(w2, f);
                a3 += Int8Pairs.Dot(w3, f);
                f = Vector512.Create(x1[i]).AsInt16();
                b0 += Int8Pairs.Dot(w0, f);
                b1 += Int8Pairs.Dot(w1, f);
                b2 += Int8Pairs.Dot(w2, f);
                b3 += Int8Pairs.Dot(w3, f);
                f = Vector512.Create(x2[i]).AsInt16();
                c0 += Int8Pairs.Dot(w0, f);
                c1 += Int8Pairs.Dot(w1, f);
                c2 += Int8Pairs.Dot(w2, f);
                c3 += Int8Pairs.Dot(w3, f);
                f = Vector512.Create(x3[i]).AsInt16();
                d0 += Int8Pairs.Dot(w0, f);
                d1 += Int8Pairs.Dot(w1, f);
                d2 += Int8Pairs.Dot(w2, f);
                d3 += Int8Pairs.Dot(w3, f);
                pair += GroupLayout.PairBytes;
            }

            Add(y, panel, a0, a1, a2, a3);
            Add(y + yStride, panel, b0, b1, b2, b3);
            Add(y + (2 * yStride), panel, c0, c1, c2, c3);
            Add(y + (3 * yStride), panel, d0, d1, d2, d3);
            panel += GroupLayout.GroupBytes;
            x0 += GroupLayout.Pairs;
            x1 += GroupLayout.Pairs;
            x2 += GroupLayout.Pairs;
            x3 += GroupLayout.Pairs;
        }
    }

    /// <summary>The outer sums for four rows of input by 16 lanes: what 16 registers of 256 bits can hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void FourRowsNarrow(in Int8TileRows x, byte* panel, int lane, int groups, float* y, nint yStride)
    {
        int* x0 = x.Row0;
        int* x1 = x.Row1;
        int* x2 = x.Row2;
        int* x3 = x.Row3;
        Clear(y, yStride, Half / 2);
        for (; groups > 0; groups--)
        {
            Vector512<int> a = default, b = default, c = default, d = default;
            byte* pair = panel + GroupLayout.ScaleBytes + (2 * lane);
            for (int i = 0; i < GroupLayout.Pairs; i++)
            {
                Vector512<short> w = Int8Pairs.Load(pair);
                a += Int8Pairs.Dot(w, Vector512.Create(x0[i]).AsInt16());
                b += Int8Pairs.Dot(w, Vector512.Create(x1[i]).AsInt16());
                c += Int8Pairs.Dot(w, Vector512.Create(x2[i]).AsInt16());
                d += Int8Pairs.Dot(w, Vector512.Create(x3[i]).AsInt16());
                pair += GroupLayout.PairBytes;
            }

            float* scales = (float*)panel + lane;
            Add(y, scales, a);
            Add(y + yStride, scales, b);
            Add(y + (2 * yStride), scales, c);
            Add(y + (3 * yStride), scales, d);
            panel += GroupLayout.GroupBytes;
            x0 += GroupLayout.Pairs;
            x1 += GroupLayout.Pairs;
            x2 += GroupLayout.Pairs;
            x3 += GroupLayout.Pairs;
        }
    }

    /// <summary>From the outer sums of a row to its outputs.</summary>
    public static void Finish(float* y, float xScale, float* bias)
    {
        Vector512<float> scale = Vector512.Create(xScale);
        for (int lane = 0; lane < PanelLayout.Outputs; lane += 16)
        {
            Vector512.FusedMultiplyAdd(Vector512.Load(y + lane), scale, Vector512.Load(bias + lane)).Store(y + lane);
        }
    }

    private static void Clear(float* y, nint yStride, int lanes)
    {
        for (int row = 0; row < 4; row++)
        {
            new Span<float>(y + (row * yStride), lanes).Clear();
        }
    }

    // The sums wait in memory while a group is counted: there are no registers left for them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        float* y, byte* group, Vector512<int> a0, Vector512<int> a1, Vector512<int> a2, Vector512<int> a3)
    {
        float* scales = (float*)group;
        Add(y, scales, a0);
        Add(y + 16, scales + 16, a1);
        Add(y + 32, scales + 32, a2);
        Add(y + 48, scales + 48, a3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* y, float* scales, Vector512<int> sums) =>
        Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sums), Vector512.Load(scales), Vector512.Load(y)).Store(y);
}
