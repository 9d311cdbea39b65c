using Laser.Serve.Simulation.Load;

namespace Laser.Serve.Simulation.Tests.Load;

public class LoadTests
{
    private const int Count = 100_000;

    [Theory]
    [InlineData("128", 128, 0)]
    [InlineData("fixed:7", 7, 0)]
    [InlineData("uniform:10,30", 20, 6.06)]
    [InlineData("lognormal:100,0.5", 113.3, 60.4)]
    [InlineData("lognormal:100,0.5,100", 85, 19.95)]
    public void LengthDistribution_Draws_HaveMeanAndDeviation(string text, double mean, double deviation)
    {
        LengthDistribution lengths = LengthDistribution.Parse(text);
        var random = new RandomStream(1, 0);

        AssertMoments([.. Enumerable.Range(0, Count).Select(_ => (double)lengths.Draw(random))], mean, deviation);
        Assert.Equal(text, lengths.ToString());
    }

    // An on-off process of exponential periods has a mean rate that only long runs show: the deviation of its gaps is
    // not checked.
    [Theory]
    [InlineData("poisson", 0.1)]
    [InlineData("even", 0.0)]
    [InlineData("gamma:3", 0.3)]
    [InlineData("gamma:0.5", 0.05)]
    [InlineData("onoff:0.5,1.5", null)]
    public void ArrivalProcess_Gaps_HaveMeanAndDeviation(string text, double? deviation)
    {
        ArrivalProcess arrivals = ArrivalProcess.Parse(text);

        double[] gaps = [.. arrivals.Gaps(new RandomStream(1, 0), rate: 10).Take(Count)];

        AssertMoments(gaps, 0.1, deviation);
        Assert.Equal(text, arrivals.ToString());
    }

    [Fact]
    public void ArrivalProcess_OnOff_IsBurstier()
    {
        double[] gaps = [.. ArrivalProcess.Parse("onoff:0.5,1.5").Gaps(new RandomStream(1, 0), rate: 10).Take(Count)];

        // In a period of activity a gap is 1/40 s in the mean; pauses are 1.5 s.
        Assert.InRange(gaps.Order().ElementAt(Count / 2), 0, 0.025);
        Assert.True(gaps.Max() > 5);
    }

    [Theory]
    [InlineData("")]
    [InlineData("many")]
    [InlineData("fixed:")]
    [InlineData("-5")]
    [InlineData("uniform:30,10")]
    [InlineData("uniform:10")]
    [InlineData("lognormal:100")]
    [InlineData("normal:100,3")]
    public void LengthDistribution_OtherText_IsRefused(string text) =>
        Assert.Throws<FormatException>(() => LengthDistribution.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("poisson:3")]
    [InlineData("gamma")]
    [InlineData("gamma:0")]
    [InlineData("onoff:1")]
    [InlineData("onoff:1,x")]
    public void ArrivalProcess_OtherText_IsRefused(string text) =>
        Assert.Throws<FormatException>(() => ArrivalProcess.Parse(text));

    [Fact]
    public void RequestTrace_OtherRate_ChangesArrivalsAlone()
    {
        var trace = new RequestTrace(Scenarios.Mixed.Load);

        PlannedRequest[] slow = [.. trace.At(1)];
        PlannedRequest[] fast = [.. trace.At(10)];

        Assert.Equal(slow.Length, fast.Length);
        foreach ((PlannedRequest a, PlannedRequest b) in slow.Zip(fast))
        {
            Assert.Equal(a.Prompt, b.Prompt);
            Assert.Equal(a.OutputLength, b.OutputLength);
            Assert.Equal(a.Cancellation - a.Arrival, b.Cancellation - b.Arrival);
            Assert.InRange(b.Arrival, (a.Arrival / 10) - 1, (a.Arrival / 10) + 1);
        }
    }

    [Fact]
    public void RequestTrace_SharedPrefixes_AreSharedAndTheRestIsNot()
    {
        LoadOptions options = Scenarios.Mixed.Load;

        PlannedRequest[] requests = [.. new RequestTrace(options).At(1)];

        PlannedRequest[] shared = [.. requests.Where(request => request.Prefix is not null)];
        Assert.InRange(shared.Length, requests.Length * 0.45, requests.Length * 0.55);
        Assert.Equal(3, shared.DistinctBy(request => string.Join(',', request.Prompt[..100])).Count());
        Assert.Equal(requests.Length, requests.DistinctBy(request => string.Join(',', request.Prompt)).Count(), 20.0);
    }

    private static void AssertMoments(double[] values, double mean, double? deviation)
    {
        double average = values.Average();
        Assert.InRange(average, mean * 0.95, mean * 1.05);
        if (deviation is double expected)
        {
            double actual = Math.Sqrt(values.Average(value => Math.Pow(value - average, 2)));
            Assert.InRange(actual, expected * 0.95, (expected * 1.05) + 1e-9);
        }
    }
}
