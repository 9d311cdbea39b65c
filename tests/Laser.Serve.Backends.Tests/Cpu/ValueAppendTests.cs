using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu.Attention;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Backends.Tests.Cpu;

/// <summary>The bytes of the max-shifted value cache: laser.md U1 to U4.</summary>
public unsafe class ValueAppendTests
{
    private const int Channels = 16;
    private const int Rows = 32;

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    public void Append_AnyValues_KeepsThemWithinTheBound(DataType type)
    {
        Random random = new(1);
        for (int round = 0; round < 2000; round++)
        {
            float[] rows = new float[Rows * Channels];
            for (int j = 0; j < Channels; j++)
            {
                float middle = ((float)random.NextDouble() - 0.5f) * 2000;
                for (int t = 0; t < Rows; t++)
                {
                    float multiple = (float)(Math.Round(middle / Math.Log(2)) * Math.Log(2));
                    rows[(t * Channels) + j] = (t % 4) switch
                    {
                        0 => multiple,
                        1 => MathF.BitIncrement(multiple),
                        2 => MathF.BitDecrement(multiple),
                        _ => middle + (((float)random.NextDouble() - 0.5f) * 100),
                    };
                }
            }

            (bool raw, float[] u, short[] k) = Append(type, rows, [Rows]);
            Assert.False(raw);
            for (int i = 0; i < rows.Length; i++)
            {
                Assert.True(float.IsNormal(u[i]) && u[i] <= MathF.ScaleB(1, 96), $"u = {u[i]}");
                double v = Math.Log(u[i]) + ((k[i % Channels] - 96) * Math.Log(2));
                double bound = (type == DataType.Float32 ? 2.5e-7 : 3.92e-3 + 2.5e-7)
                    + (Math.Pow(2, -24) * Math.Abs(rows[i]));
                Assert.InRange(v - rows[i], -bound, bound);
            }
        }
    }

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.BFloat16)]
    public void Append_RowByRow_SameBytesAsAtOnce(DataType type)
    {
        Random random = new(2);
        int changes = 0;
        for (int round = 0; round < 200; round++)
        {
            float[] rows = new float[Rows * Channels];
            for (int i = 0; i < rows.Length; i++)
            {
                rows[i] = 3 * AttentionSequence.Normal(random);
            }

            (_, float[] atOnce, short[] k) = Append(type, rows, [Rows]);
            (_, float[] byRow, short[] byRowK) = Append(type, rows, [.. Enumerable.Repeat(1, Rows)]);
            (_, float[] byPart, short[] byPartK) = Append(type, rows, [5, 2, 1, 24]);
            Assert.Equal(atOnce, byRow);
            Assert.Equal(atOnce, byPart);
            Assert.Equal(k, byRowK);
            Assert.Equal(k, byPartK);
            changes += Append(type, rows[..Channels], [1]).Shifts.Zip(k).Count(pair => pair.First != pair.Second);
        }

        Assert.True(changes > 100, "the shifts never changed: nothing was rescaled");
    }

    // n of v is floor(v / ln 2): values in the middle of a power of two, so that spread = n1 - n0 + 1 exactly.
    [Theory]
    [InlineData(221, false)]
    [InlineData(222, true)]
    public void Append_SpreadAtTheLimit_TurnsRawAboveIt(int difference, bool raw)
    {
        float[] rows = new float[2 * Channels];
        rows[3] = (float)(0.5 * Math.Log(2));
        rows[Channels + 3] = (float)((difference + 0.5) * Math.Log(2));
        Assert.Equal(raw, Append(DataType.BFloat16, rows, [2]).Raw);
        Assert.Equal(raw, Append(DataType.BFloat16, rows, [1, 1]).Raw);
    }

    [Theory]
    [InlineData(32766.5, false)]
    [InlineData(32767.5, true)]
    [InlineData(-32767.5, false)]
    [InlineData(-32768.5, true)]
    public void Append_ShiftAtTheEdgeOfInt16_TurnsRawBeyond(double powers, bool raw)
    {
        float[] rows = new float[Channels];
        Array.Fill(rows, (float)(powers * Math.Log(2)));
        Assert.Equal(raw, Append(DataType.BFloat16, rows, [1]).Raw);
    }

    [Fact]
    public void Append_ShiftOutOfRangeInTheFirstRowOnly_StaysRaw()
    {
        float[] rows = new float[2 * Channels];
        rows.AsSpan(0, Channels).Fill(-22800);
        rows.AsSpan(Channels).Fill(-22700);
        Assert.True(Append(DataType.Float32, rows, [2]).Raw);
        Assert.True(Append(DataType.Float32, rows, [1, 1]).Raw);
        Assert.False(Append(DataType.Float32, rows[Channels..], [1]).Raw);
    }

    private static (bool Raw, float[] Values, short[] Shifts) Append(DataType type, float[] rows, int[] parts) =>
        type == DataType.Float32 ? Append<SinglePairs>(rows, parts) : Append<BFloat16Pairs>(rows, parts);

    private static (bool Raw, float[] Values, short[] Shifts) Append<T>(float[] rows, int[] parts)
        where T : struct, IPairFormat
    {
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 1, 1, Channels, 1);
        PageLayout page = new(AttentionRig.Layout(spec, T.Type));
        using AttentionScratch scratch = new(new MemoryBudget(1 << 24), page);
        RunningBlock block = scratch.Rebuilt;
        ValueCacheFormat format = ValueCacheFormat.For(T.Type);
        int row = 0;
        foreach (int count in parts)
        {
            rows.AsSpan(row * Channels, count * Channels).CopyTo(new Span<float>(scratch.Rows, Rows * Channels));
            ValueAppend<T>.Append(ref block, scratch.Rows, row, count, page, in format, scratch.Split);
            row += count;
        }

        float[] values = new float[row * Channels];
        for (int t = 0; t < row; t++)
        {
            byte* pair = block.Values + (t / 2 * T.PairStride(page.ValueRowBytes));
            for (int j = 0; j < Channels; j++)
            {
                values[(t * Channels) + j] = t % 2 == 0 ? T.LoadEven(pair)[j] : T.LoadOdd(pair, page.ValueRowBytes)[j];
            }
        }

        return (block.Raw, values, new Span<short>(block.PageShifts, Channels).ToArray());
    }
}
