using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Compute.Numerics;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Appends rows of v to a block as max-shifted values, channel by channel:
/// <code>
///   v = n ln 2 + ln p, p in [1, 2);  r = p rounded to the storage type           (split: depends on v only)
///   k = max(k, n + 1), nMin = min(nMin, n);  spread = k - nMin
///   u = r * 2^(n - k + H);  when k grows, the u already there are multiplied by 2^(old k - k)
/// </code>
/// Rounding p is the only rounding: u stays a normal number while the spread is within LIMIT, so powers of two are
/// exact and the bytes are the same whether rows come one at a time or all at once. Lanes are channels; no tail
/// (channels are padded). One page per task.
/// </summary>
internal static unsafe class ValueAppend<T>
    where T : struct, IPairFormat
{
    private const int Lanes = PageLayout.Lanes;

    /// <summary>Appends padded fp32 rows.</summary>
    /// <param name="block">The block; its k and nMin are taken as empty when <paramref name="firstRow"/> is 0.</param>
    /// <param name="rows">The new rows, <c>[count][PaddedDim]</c>, finite and at most 2^20 in magnitude.</param>
    /// <param name="firstRow">Rows already in the block.</param>
    /// <param name="count">New rows.</param>
    /// <param name="page">The layout.</param>
    /// <param name="format">H, LIMIT of the storage type.</param>
    /// <param name="scratch">Room for the parts of the split and the old shifts.</param>
    public static void Append(
        ref RunningBlock block,
        float* rows,
        int firstRow,
        int count,
        PageLayout page,
        in ValueCacheFormat format,
        in SplitScratch scratch)
    {
        if (firstRow == 0)
        {
            block.Raw = false;
            new Span<int>(block.Shifts, page.PaddedDim).Fill(int.MinValue / 2);
            new Span<int>(block.Lowest, page.PaddedDim).Fill(int.MaxValue / 2);
        }

        block.Spread = 0;
        for (int channel = 0; channel < page.PaddedDim; channel += Lanes)
        {
            SplitRows(ref block, rows, count, channel, page.PaddedDim, scratch);
        }

        block.Raw |= block.Spread > format.Limit;
        if (block.Raw)
        {
            return;
        }

        for (int channel = 0; channel < page.PaddedDim; channel += Lanes)
        {
            if (firstRow > 0)
            {
                RescaleRows(in block, firstRow, channel, page, scratch);
            }

            StoreRows(in block, firstRow, count, channel, page, format.Headroom, scratch);
        }
    }

    /// <summary>Writes plain v, as ordinary attention wants it: no shift, so k is 0.</summary>
    public static void AppendPlain(ref RunningBlock block, float* rows, int firstRow, int count, PageLayout page)
    {
        new Span<short>(block.PageShifts, page.PaddedDim).Clear();
        for (int i = 0; i < count; i++)
        {
            for (int channel = 0; channel < page.PaddedDim; channel += Lanes)
            {
                StoreValue(
                    block.Values,
                    firstRow + i,
                    channel,
                    page,
                    T.Round(Vector512.Load(rows + (i * page.PaddedDim) + channel)));
            }
        }
    }

    private static void SplitRows(
        ref RunningBlock block, float* rows, int count, int channel, int paddedDim, in SplitScratch scratch)
    {
        Vector512<int> shift = Vector512.Load(block.Shifts + channel);
        Vector512<int> lowest = Vector512.Load(block.Lowest + channel);
        shift.Store(scratch.OldShifts + channel);
        Vector512<int> outside = default;
        for (int i = 0; i < count; i++)
        {
            int at = (i * paddedDim) + channel;
            Vector512<float> p = Split(Vector512.Load(rows + at), out Vector512<int> n);
            T.Round(p).Store(scratch.Significands + at);
            n.Store(scratch.Exponents + at);
            shift = Vector512.Max(shift, n + Vector512<int>.One);
            lowest = Vector512.Min(lowest, n);
            outside |= Vector512.GreaterThan(Vector512.Abs(shift), Vector512.Create(ValueCacheFormat.LargestShift));
        }

        shift.Store(block.Shifts + channel);
        lowest.Store(block.Lowest + channel);
        block.Raw |= outside != default;
        block.Spread = Math.Max(block.Spread, Largest(shift - lowest));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Split(Vector512<float> v, out Vector512<int> exponent)
    {
        Vector512<float> n = Vector512.Floor(v * Vector512.Create(VectorMath.Log2E));
        Vector512<float> f = Vector512.FusedMultiplyAdd(n, Vector512.Create(-VectorMath.Ln2High), v);
        f = Vector512.FusedMultiplyAdd(n, Vector512.Create(-VectorMath.Ln2Low), f);
        Vector512<float> p = VectorMath.Exp(f);

        // Rounding of the argument can carry p over the edges.
        Vector512<float> one = Vector512<float>.One;
        Vector512<float> below = Vector512.LessThan(p, one);
        p = Vector512.ConditionalSelect(below, p + p, p);
        n = Vector512.ConditionalSelect(below, n - one, n);
        Vector512<float> above = Vector512.GreaterThanOrEqual(p, Vector512.Create(2f));
        p = Vector512.ConditionalSelect(above, p * Vector512.Create(0.5f), p);
        n = Vector512.ConditionalSelect(above, n + one, n);
        exponent = Vector512.ConvertToInt32Native(n);
        return p;
    }

    private static void RescaleRows(
        in RunningBlock block, int rows, int channel, PageLayout page, in SplitScratch scratch)
    {
        Vector512<int> growth = Vector512.Load(block.Shifts + channel) - Vector512.Load(scratch.OldShifts + channel);
        if (growth == default)
        {
            return;
        }

        nint stride = T.PairStride(page.ValueRowBytes);
        byte* pair = block.Values + ((nint)channel * sizeof(float));
        for (int row = 0; row < rows; row += 2)
        {
            T.ScaleDown(pair, page.ValueRowBytes, growth);
            pair += stride;
        }
    }

    private static void StoreRows(
        in RunningBlock block,
        int firstRow,
        int count,
        int channel,
        PageLayout page,
        int headroom,
        in SplitScratch scratch)
    {
        Vector512<int> shift = Vector512.Load(block.Shifts + channel);
        Vector512<int> toExponent = Vector512.Create(headroom) - shift;
        for (int i = 0; i < count; i++)
        {
            int at = (i * page.PaddedDim) + channel;
            Vector512<int> r = Vector512.Load(scratch.Significands + at).AsInt32();
            Vector512<int> power = Vector512.ShiftLeft(Vector512.Load(scratch.Exponents + at) + toExponent, 23);
            StoreValue(block.Values, firstRow + i, channel, page, (r + power).AsSingle());
        }

        Vector512.Narrow(shift, shift).GetLower().Store(block.PageShifts + channel);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Largest(Vector512<int> x)
    {
        Vector256<int> y = Vector256.Max(x.GetLower(), x.GetUpper());
        Vector128<int> z = Vector128.Max(y.GetLower(), y.GetUpper());
        z = Vector128.Max(z, Vector128.Shuffle(z, Vector128.Create(2, 3, 0, 1)));
        z = Vector128.Max(z, Vector128.Shuffle(z, Vector128.Create(1, 0, 3, 2)));
        return z.ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreValue(byte* values, int row, int channel, PageLayout page, Vector512<float> value)
    {
        byte* pair = values + ((row >> 1) * T.PairStride(page.ValueRowBytes)) + ((nint)channel * sizeof(float));
        if ((row & 1) == 0)
        {
            T.StoreEven(pair, value);
        }
        else
        {
            T.StoreOdd(pair, page.ValueRowBytes, value);
        }
    }
}
