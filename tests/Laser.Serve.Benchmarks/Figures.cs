using System.Globalization;

namespace Laser.Serve.Benchmarks;

/// <summary>Order statistics of a sample.</summary>
internal static class Figures
{
    /// <summary>The value that a share of the sample does not exceed (nearest rank).</summary>
    public static double Percentile(IEnumerable<double> sample, double share)
    {
        double[] sorted = [.. sample.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>The middle one.</summary>
    public static double Median(IEnumerable<double> sample) => Percentile(sample, 0.5);

    /// <summary>The middle one, with the least and the most.</summary>
    public static string Spread(IReadOnlyList<double> sample, string format) =>
        $"{Text(Median(sample), format)} ({Text(sample.Min(), format)} to {Text(sample.Max(), format)})";

    /// <summary>A number for a table.</summary>
    public static string Text(double value, string format = "0.0") => value.ToString(format, CultureInfo.InvariantCulture);
}
