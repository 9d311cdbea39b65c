using Laser.Cli.Charts;

namespace Laser.Cli.Tests.Charts;

public class ChartAxisTests
{
    [Theory]
    [InlineData(3.7, new[] { 0.0, 1, 2, 3, 4 })]
    [InlineData(100, new[] { 0.0, 20, 40, 60, 80, 100 })]
    [InlineData(101, new[] { 0.0, 20, 40, 60, 80, 100, 120 })]
    [InlineData(0.011, new[] { 0.0, 0.002, 0.004, 0.006, 0.008, 0.01, 0.012 })]
    [InlineData(0, new[] { 0.0, 0.2, 0.4, 0.6, 0.8, 1 })]
    public void Linear_Ticks_AreRoundAndReachTheGreatest(double most, double[] ticks)
    {
        ChartAxis axis = ChartAxis.Linear([0, most]);

        Assert.Equal(ticks, axis.Ticks, (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(0, axis.PositionOf(0));
        Assert.Equal(1, axis.PositionOf(ticks[^1]), 9);
    }

    [Theory]
    [InlineData(3, 40, new[] { 2.0, 5, 10, 20, 50 })]
    [InlineData(1, 32, new[] { 1.0, 2, 5, 10, 20, 50 })]
    [InlineData(0.03, 2000, new[] { 0.01, 0.1, 1, 10, 100, 1000, 10000 })]
    [InlineData(7, 7, new[] { 5.0, 10 })]
    public void Logarithmic_Ticks_AreRoundAndEncloseTheValues(double least, double most, double[] ticks)
    {
        ChartAxis axis = ChartAxis.Logarithmic([0, most, least]);

        Assert.Equal(ticks, axis.Ticks, (a, b) => Math.Abs((a / b) - 1) < 1e-9);
        Assert.InRange(axis.PositionOf(least), 0, 1);
        Assert.InRange(axis.PositionOf(most), 0, 1);
        Assert.False(axis.Has(0));
    }

    [Fact]
    public void Logarithmic_Position_GrowsWithTheLogarithm()
    {
        ChartAxis axis = ChartAxis.Logarithmic([1, 100]);

        Assert.Equal(0.5, axis.PositionOf(10), 9);
    }
}
