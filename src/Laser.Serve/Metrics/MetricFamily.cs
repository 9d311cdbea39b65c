using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Laser.Serve.Metrics;

/// <summary>How an instrument appears in Prometheus text.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>All series of one instrument. Measurements may come from any thread.</summary>
internal sealed class MetricFamily(Instrument instrument, MetricKind kind, double[] bounds)
{
    private readonly ConcurrentDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);

    /// <summary>Name in Prometheus text: dots become underscores, the unit and <c>_total</c> follow.</summary>
    public string Name { get; } = PrometheusName.Of(instrument.Name, instrument.Unit, kind);

    public string Description => instrument.Description ?? instrument.Name;

    public MetricKind Kind => kind;

    /// <summary>Upper bounds of the buckets, ascending, without infinity.</summary>
    public double[] Bounds => bounds;

    /// <summary>Series by their rendered labels.</summary>
    public IEnumerable<KeyValuePair<string, MetricSeries>> Series => _series;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        MetricSeries series = _series.GetOrAdd(
            PrometheusName.Labels(tags), static (_, boundCount) => new MetricSeries(boundCount), bounds.Length);
        switch (kind)
        {
            case MetricKind.Histogram:
                series.Observe(value, bounds);
                break;
            case MetricKind.Gauge when !instrument.IsObservable:
            case MetricKind.Counter when !instrument.IsObservable:
                series.Add(value);
                break;
            default:
                series.Set(value);
                break;
        }
    }
}

/// <summary>One time series: a number, or the buckets of a histogram.</summary>
internal sealed class MetricSeries(int boundCount)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[boundCount + 1];
    private double _value;

    public void Set(double value)
    {
        lock (_gate)
        {
            _value = value;
        }
    }

    public void Add(double value)
    {
        lock (_gate)
        {
            _value += value;
        }
    }

    public void Observe(double value, double[] bounds)
    {
        int index = Array.BinarySearch(bounds, value);
        lock (_gate)
        {
            _buckets[index < 0 ? ~index : index]++;
            _value += value;
        }
    }

    /// <summary>The value (of a histogram: the sum), and the counts per bucket, not cumulative.</summary>
    public (double Value, long[] Buckets) Read()
    {
        lock (_gate)
        {
            return (_value, (long[])_buckets.Clone());
        }
    }
}
