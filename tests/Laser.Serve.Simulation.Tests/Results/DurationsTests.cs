using Laser.Serve.Simulation.Results;

namespace Laser.Serve.Simulation.Tests.Results;

public class DurationsTests
{
    [Fact]
    public void Summarize_Nothing_IsZero() => Assert.Equal(default, new Durations().Summarize());

    [Theory]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(255L)]
    [InlineData(256L)]
    [InlineData(123_456_789L)]
    [InlineData(long.MaxValue)]
    public void Summarize_OneDuration_IsThatDuration(long time)
    {
        var durations = new Durations();

        durations.Add(time);

        LatencySummary summary = durations.Summarize();
        Assert.Equal(time / 1e9, summary.Max);
        Assert.Equal(time / 1e9, summary.Mean);
        Assert.InRange(summary.Median, time / 1e9 * 0.992, time / 1e9);
    }

    [Fact]
    public void Summarize_ManyDurations_HasTheirQuantiles()
    {
        var durations = new Durations();
        for (long i = 1; i <= 10_000; i++)
        {
            durations.Add(i * i);
        }

        LatencySummary summary = durations.Summarize();

        Assert.InRange(summary.Median, 0.025 * 0.992, 0.025 * 1.008);
        Assert.InRange(summary.P90, 0.081 * 0.992, 0.081 * 1.008);
        Assert.InRange(summary.P99, 0.09801 * 0.992, 0.09801 * 1.008);
        Assert.Equal(0.1, summary.Max);
        Assert.Equal(10_001 * 20_001 / 6.0 / 1e9, summary.Mean, 1e-12);
        Assert.Equal(10_000, durations.Count);
    }
}
