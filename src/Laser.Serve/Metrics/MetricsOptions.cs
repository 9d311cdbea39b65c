namespace Laser.Serve.Metrics;

/// <summary>What <c>/metrics</c> has.</summary>
public sealed class MetricsOptions
{
    /// <summary>The other server whose names are served too.</summary>
    public MetricsCompat Compat { get; set; }

    /// <summary>Bounds of histograms in place of our own, by metric: <c>0.01, 0.1, 1</c>.</summary>
    public IDictionary<string, string> Buckets { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    internal void FindErrors(string name, List<string> errors)
    {
        foreach ((string metric, string bounds) in Buckets)
        {
            if (HistogramBuckets.Parse(bounds) is null)
            {
                errors.Add($"{name}:Buckets:{metric} is '{bounds}'; it must be at most 100 ascending numbers with commas between.");
            }
        }
    }
}
