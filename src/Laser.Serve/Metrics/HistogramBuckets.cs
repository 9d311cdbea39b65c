using System.Diagnostics.Metrics;
using System.Globalization;

namespace Laser.Serve.Metrics;

/// <summary>Bounds of histograms: those an instrument advises, or those of a setting.</summary>
internal static class HistogramBuckets
{
    private const int MostBounds = 100;

    // For an instrument that does not advise its own: seconds, geometric from half a millisecond.
    private static readonly double[] Default =
        [.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 50, 100];

    public static double[] Of(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        _ => Default,
    };

    /// <summary>Bounds written as <c>0.01, 0.1, 1</c>; null if they are none.</summary>
    public static double[]? Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        var bounds = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            bool isNumber = double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out bounds[i]);
            if (!isNumber || !double.IsFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
            {
                return null;
            }
        }

        return bounds.Length <= MostBounds ? bounds : null;
    }
}
