using Laser.Cli.Bench;
using Laser.Serve.Simulation.Results;

namespace Laser.Cli.Tests.Bench;

public class SampleTests
{
    [Fact]
    public void Summarize_HundredValues_HasNearestRanks()
    {
        var sample = new Sample();
        foreach (int value in Enumerable.Range(1, 100).Reverse())
        {
            sample.Add(value);
        }

        var expected = new LatencySummary { Mean = 50.5, Median = 50, P90 = 90, P99 = 99, Max = 100 };
        Assert.Equal(expected, sample.Summarize());
    }

    [Fact]
    public void Summarize_ThreeValues_TakesOnesThatOccurred()
    {
        var sample = new Sample();
        sample.Add(3);
        sample.Add(1);
        sample.Add(8);

        Assert.Equal(new LatencySummary { Mean = 4, Median = 3, P90 = 8, P99 = 8, Max = 8 }, sample.Summarize());
    }

    [Fact]
    public void Quantile_ValueAddedAfterIt_IsCounted()
    {
        var sample = new Sample();
        sample.Add(5);
        Assert.Equal(5, sample.Quantile(0));

        sample.Add(2, times: 3);

        Assert.Equal(4, sample.Count);
        Assert.Equal([2, 2, 2, 2, 5], sample.Quantiles(4));
    }

    [Fact]
    public void Summarize_NoValues_IsZero()
    {
        Assert.Equal(default, new Sample().Summarize());
        Assert.Empty(new Sample().Quantiles(100));
    }
}
