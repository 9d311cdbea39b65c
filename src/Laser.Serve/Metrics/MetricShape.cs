using System.Diagnostics.Metrics;

namespace Laser.Serve.Metrics;

/// <summary>What a family of series is called, and how measurements become series.</summary>
internal sealed record MetricShape
{
    // The runtime calls them counters; they go down too.
    private static readonly string[] LengthsNotTotals =
        ["dotnet.thread_pool.queue.length", "dotnet.thread_pool.thread.count"];

    /// <summary>Name in Prometheus text.</summary>
    public required string Name { get; init; }

    public required string Help { get; init; }

    public required MetricKind Kind { get; init; }

    /// <summary>Upper bounds of the buckets, ascending, without infinity.</summary>
    public double[] Bounds { get; init; } = [];

    /// <summary>Whether the instrument is asked at every collection.</summary>
    public bool IsObserved { get; init; }

    /// <summary>Whether a measurement takes the place of the one before, though nobody asked.</summary>
    public bool IsSet { get; init; }

    /// <summary>Whether measurements are counted, whatever they are.</summary>
    public bool CountsMeasurements { get; init; }

    /// <summary>Whether the names are of another server, and every series names the model.</summary>
    public bool IsCompat { get; init; }

    /// <summary>Tags to labels.</summary>
    public SeriesTable.RenderLabels Labels { get; init; } = PrometheusName.Labels;

    /// <summary>What an instrument is under its own name.</summary>
    public static MetricShape Of(Instrument instrument)
    {
        MetricKind kind = KindOf(instrument);
        return new MetricShape
        {
            Name = PrometheusName.Of(instrument.Name, instrument.Unit, kind),
            Help = instrument.Description ?? instrument.Name,
            Kind = kind,
            Bounds = kind == MetricKind.Histogram ? HistogramBuckets.Of(instrument) : [],
            IsObserved = instrument.IsObservable,
            IsSet = instrument.GetType().GetGenericTypeDefinition() == typeof(Gauge<>),
        };
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        if (LengthsNotTotals.Contains(instrument.Name))
        {
            return MetricKind.Gauge;
        }

        Type type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Histogram<>))
        {
            return MetricKind.Histogram;
        }

        return type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter : MetricKind.Gauge;
    }
}
