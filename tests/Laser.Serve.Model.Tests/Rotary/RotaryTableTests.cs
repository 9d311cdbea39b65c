using Laser.Serve.Compute;
using Laser.Serve.Model.Rotary;

namespace Laser.Serve.Model.Tests.Rotary;

public sealed class RotaryTableTests
{
    private static readonly RotarySettings Default = new() { Dim = 8, Theta = 10000, OriginalLength = 256 };

    [Fact]
    public void Create_Default_IsCosinesThenSinesOfPositionTimesFrequency()
    {
        // theta^(-2i/8) for theta = 10000: 1, 0.1, 0.01, 0.001.
        double[] frequencies = [1, 0.1, 0.01, 0.001];

        ArrayTensor table = RotaryTable.Create(Default, 201);

        Assert.Equal((201, 8), (table.Rows, table.Columns));
        foreach (int position in new[] { 0, 1, 200 })
        {
            float[] row = RowOf(table, position);
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal(Math.Cos(position * frequencies[i]), row[i], 1e-7);
                Assert.Equal(Math.Sin(position * frequencies[i]), row[4 + i], 1e-7);
            }
        }
    }

    [Fact]
    public void Create_LargePosition_KeepsTheAngle()
    {
        // In fp32 the angle 99999.9 would be rounded by up to 0.004.
        float[] row = RowOf(RotaryTable.Create(Default, 1_000_000), 999_999);

        Assert.Equal(Math.Cos(99999.9), row[1], 1e-6);
        Assert.Equal(Math.Sin(99999.9), row[5], 1e-6);
    }

    [Fact]
    public void Create_Linear_DividesPositions()
    {
        ArrayTensor scaled = RotaryTable.Create(Default with { Type = RotaryType.Linear, Factor = 4 }, 81);

        Assert.Equal(RowOf(RotaryTable.Create(Default, 21), 20), RowOf(scaled, 80));
    }

    // f = 500000^(-2i/128), w = 2 pi / f, s = (8192/w - 1) / (4 - 1):
    // w > 8192 ? f / 8 : w < 8192/4 ? f : (1 - s) * f / 8 + s * f
    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(20, 0.016560440080994446)]
    [InlineData(28, 0.0032114459947525913)]
    [InlineData(29, 0.002166570763503359)]
    [InlineData(31, 0.0008567514129196321)]
    [InlineData(34, 0.00017850781276799638)]
    [InlineData(35, 9.556212353964683e-05)]
    [InlineData(63, 3.068925988914511e-07)]
    public void Create_Llama3_HasTheFrequenciesOfLlama31(int channel, double frequency) => AssertFrequency(
        new RotarySettings
        {
            Type = RotaryType.Llama3,
            Dim = 128,
            Theta = 500000,
            Factor = 8,
            OriginalLength = 8192,
            LowFrequencyFactor = 1,
            HighFrequencyFactor = 4,
        },
        channel,
        frequency);

    // p = 10000^(2i/64), d(r) = 64 ln(2048 / (2 pi r)) / (2 ln 10000), lo = floor(d(32)) = 8, hi = ceil(d(1)) = 21,
    // m = clip((i - lo) / (hi - lo), 0, 1): m / (4 p) + (1 - m) / p
    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(8, 0.1)]
    [InlineData(9, 0.0706631081870968)]
    [InlineData(15, 0.00794983930712751)]
    [InlineData(20, 0.0009730085108210398)]
    [InlineData(21, 0.0005928434264154138)]
    [InlineData(31, 3.33380358040831e-05)]
    public void Create_Yarn_BlendsOverWholeChannels(int channel, double frequency) =>
        AssertFrequency(Yarn(truncate: true), channel, frequency);

    // The same without floor and ceil.
    [Theory]
    [InlineData(9, 0.07061755378308567)]
    [InlineData(15, 0.007574179088510251)]
    [InlineData(20, 0.0008112903817014311)]
    public void Create_YarnWithoutTruncation_BlendsBetweenChannels(int channel, double frequency) =>
        AssertFrequency(Yarn(truncate: false), channel, frequency);

    [Fact]
    public void Create_Yarn_ScalesCosinesAndSines()
    {
        // 0.1 ln 4 + 1
        const double factor = 1.138629436111989;

        float[] row = RowOf(RotaryTable.Create(Yarn(truncate: true) with { AttentionFactor = factor }, 2), 1);

        Assert.Equal(factor * Math.Cos(1), row[0], 2e-7);
        Assert.Equal(factor * Math.Sin(1), row[32], 2e-7);
    }

    [Fact]
    public void Create_DynamicWithinTheOriginalLength_EqualsDefault()
    {
        ArrayTensor dynamic = RotaryTable.Create(Default with { Type = RotaryType.Dynamic, Factor = 2 }, 256);

        Assert.Equal(RowOf(RotaryTable.Create(Default, 256), 255), RowOf(dynamic, 255));
    }

    // base = 10000 (2 * 600/256 - 1)^(32/30) = 40226.68, frequencies base^(-2i/32): what the longest sequence would
    // get, for all.
    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(1, 0.5154871749485459)]
    [InlineData(8, 0.004985892584455904)]
    [InlineData(15, 4.8224526373936894e-05)]
    public void Create_DynamicBeyondTheOriginalLength_RaisesTheBaseForAllPositions(int channel, double frequency) =>
        AssertFrequency(
            new RotarySettings { Type = RotaryType.Dynamic, Dim = 32, Theta = 10000, Factor = 2, OriginalLength = 256 },
            channel,
            frequency,
            contextLength: 600);

    [Fact]
    public void Create_TableAboveOneGibibyte_Throws() => Assert.Throws<ArgumentOutOfRangeException>(
        () => RotaryTable.Create(Default with { Dim = 256 }, (1 << 20) + 1));

    private static RotarySettings Yarn(bool truncate) => new()
    {
        Type = RotaryType.Yarn,
        Dim = 64,
        Theta = 10000,
        Factor = 4,
        OriginalLength = 2048,
        Truncate = truncate,
    };

    // From the row of position 1, by its sine: exact to the rounding of the table for small angles.
    private static void AssertFrequency(RotarySettings rotary, int channel, double frequency, int contextLength = 2)
    {
        float[] row = RowOf(RotaryTable.Create(rotary, contextLength), 1);

        double angle = Math.Atan2(row[(rotary.Dim / 2) + channel], row[channel]);

        Assert.Equal(1, angle / frequency, 3e-7);
    }

    private static float[] RowOf(HostTensor table, int row)
    {
        var values = new float[table.Columns];
        table.CopyRow(row, values);
        return values;
    }
}
