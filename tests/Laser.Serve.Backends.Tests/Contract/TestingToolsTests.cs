using Laser.Serve.Compute;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>The tools of the tests themselves.</summary>
public sealed class TestingToolsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(5000)]
    public void GuardedMemory_AllElements_AreZeroAndWritable(int length)
    {
        using var memory = new GuardedMemory<float>(length);
        Assert.Equal(new float[length], memory.Span.ToArray());
        memory.Span.Fill(3);
        Assert.Equal(3, memory.Span[^1]);
    }

    [Fact]
    public unsafe void GuardedMemory_LastElement_StandsAtTheEndOfAPage()
    {
        using var memory = new GuardedMemory<float>(7);
        Assert.Equal((nuint)0, (nuint)(memory.Pointer + 7) % (nuint)Environment.SystemPageSize);
    }

    // Values from Abramowitz and Stegun, tables 7.1 and 7.3.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 0.4795001222)]
    [InlineData(1, 0.1572992071)]
    [InlineData(1.9, 0.0072095708)]
    [InlineData(2, 0.0046777350)]
    [InlineData(3, 2.209049700e-5)]
    [InlineData(-1, 1.8427007929)]
    public void ErrorFunction_Complement_MatchesTables(double x, double expected) =>
        Assert.Equal(expected, ErrorFunction.Complement(x), 1e-9 * Math.Max(expected, 0.1));

    [Fact]
    public void ErrorFunction_Complement_IsContinuousWhereTheFormulaChanges() =>
        Assert.Equal(ErrorFunction.Complement(Math.BitDecrement(2.0)), ErrorFunction.Complement(2), 1e-15);

    [Theory]
    [InlineData(1.00390625f, 1f)]
    [InlineData(1.01171875f, 1.015625f)]
    [InlineData(-1.0078125f, -1.0078125f)]
    [InlineData(3.4028235e38f, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void StorageRounding_BFloat16_RoundsTiesToEven(float value, float expected) =>
        Assert.Equal(expected, StorageRounding.Round(value, DataType.BFloat16));

    [Fact]
    public void DeterministicRandom_Gaussian_HasItsMoments()
    {
        float[] values = new DeterministicRandom(1).Gaussians(100_000, 2);
        double mean = values.Average(v => (double)v);
        double variance = values.Average(v => (v - mean) * (v - mean));
        Assert.InRange(mean, -0.03, 0.03);
        Assert.InRange(variance, 3.9, 4.1);
    }
}
