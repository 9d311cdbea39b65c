using System.Diagnostics.Metrics;

namespace Laser.Serve.Engine.Telemetry;

/// <summary>Histograms of the engine: 18 bounds, each twice the one before.</summary>
internal static class HistogramBounds
{
    private const int Count = 18;

    /// <summary>Durations in seconds, from half a millisecond to 65 s, and 2 s, which is the limit of many a promise.</summary>
    public static Histogram<double> Seconds(Meter meter, string name, string description) => meter.CreateHistogram(
        name, "s", description, tags: null, new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [.. Doubling(0.0005).Append(2).Order()],
        });

    /// <summary>Counts, from 1 to 131072.</summary>
    public static Histogram<int> Sizes(Meter meter, string name, string unit, string description) => meter.CreateHistogram(
        name, unit, description, tags: null, new InstrumentAdvice<int>
        {
            HistogramBucketBoundaries = [.. Doubling(1).Select(bound => (int)bound)],
        });

    private static IEnumerable<double> Doubling(double first) =>
        Enumerable.Range(0, Count).Select(i => first * (1 << i));
}
