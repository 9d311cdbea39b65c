using Laser.Serve.Engine.Scheduling;

namespace Laser.Serve.Engine.Tests.Scheduling;

public class StepTimeTests
{
    [Fact]
    public void Fit_PointsOfALine_FindsIt()
    {
        StepTime time = Fit((1, 0.0052), (16, 0.0082), (192, 0.0434));

        Assert.Equal(0.005, time.Base, 9);
        Assert.Equal(0.0002, time.PerToken, 9);
        Assert.Equal(0.025, time.SecondsOf(100), 9);
        Assert.Equal(100, time.TokensIn(0.025), 6);
        Assert.Equal(-5, time.TokensIn(0.004), 6);
    }

    // A line through all would begin below zero.
    [Fact]
    public void Fit_TimeGrowsFasterThanTokens_BeginsAtZero()
    {
        StepTime time = Fit((1, 0.0001), (16, 0.008), (192, 0.2));

        Assert.Equal(0, time.Base);
        Assert.InRange(time.PerToken, 0.0001, 0.2 / 192);
    }

    [Theory]
    [InlineData(0.01, 0.01)]
    [InlineData(0.02, 0.01)]
    [InlineData(0, 0.01)]
    [InlineData(0, 0)]
    [InlineData(double.NaN, 0.01)]
    public void Fit_TimeDoesNotGrowWithTokens_IsNoFit(double first, double second) =>
        Assert.Null(StepTime.Fit([(1, first), (100, second)]));

    [Fact]
    public void Fit_OneSize_IsNoFit() => Assert.Null(StepTime.Fit([(16, 0.01)]));

    [Fact]
    public void Fit_Nothing_IsNoFit() => Assert.Null(StepTime.Fit([]));

    private static StepTime Fit(params (int TokenCount, double Seconds)[] samples)
    {
        StepTime? time = StepTime.Fit(samples);
        Assert.NotNull(time);
        return time.Value;
    }
}
