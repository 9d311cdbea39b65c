using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Laser.Serve.Metrics;

/// <summary>
/// Collects this server's meters and writes them as Prometheus text, version 0.0.4. It sees what is measured from its making on, so it
/// is made before anything is measured; and only meters of its own factory, because a process can have several servers.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    /// <summary>Content type of the text.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string MeterPrefix = "Laser.";

    // For an instrument that does not advise its own: seconds, geometric from half a millisecond.
    private static readonly double[] DefaultBounds =
        [.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 50, 100];

    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _factory;

    public PrometheusExporter(IMeterFactory factory)
    {
        _factory = factory;
        _listener.InstrumentPublished = Publish;
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.SetMeasurementEventCallback<long>((i, v, tags, _) => Record(i, v, tags, null));
        _listener.SetMeasurementEventCallback<int>((i, v, tags, _) => Record(i, v, tags, null));
        _listener.Start();
    }

    /// <summary>Asks the observable instruments and writes everything.</summary>
    public string Collect()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (MetricFamily family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            Write(family, text);
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void Write(MetricFamily family, StringBuilder text)
    {
        string kind = family.Kind.ToString().ToLowerInvariant();
        text.Append("# HELP ").Append(family.Name).Append(' ').Append(PrometheusName.Escape(family.Description)).Append('\n')
            .Append("# TYPE ").Append(family.Name).Append(' ').Append(kind).Append('\n');
        foreach ((string labels, MetricSeries series) in family.Series)
        {
            (double value, long[] buckets) = series.Read();
            if (family.Kind == MetricKind.Histogram)
            {
                WriteHistogram(family, labels, value, buckets, text);
            }
            else
            {
                WriteSample(text, family.Name, labels, value);
            }
        }
    }

    private static void WriteHistogram(
        MetricFamily family, string labels, double sum, long[] buckets, StringBuilder text)
    {
        string prefix = labels.Length == 0 ? "" : labels + ",";
        long cumulative = 0;
        for (int i = 0; i < buckets.Length; i++)
        {
            cumulative += buckets[i];
            string bound = i < family.Bounds.Length ? family.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            WriteSample(text, family.Name + "_bucket", $"{prefix}le=\"{bound}\"", cumulative);
        }

        WriteSample(text, family.Name + "_sum", labels, sum);
        WriteSample(text, family.Name + "_count", labels, cumulative);
    }

    private static void WriteSample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Scope != _factory || !instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal))
        {
            return;
        }

        MetricKind kind = KindOf(instrument);
        double[] bounds = kind == MetricKind.Histogram ? BoundsOf(instrument) : [];
        _families.TryAdd(instrument, new MetricFamily(instrument, kind, bounds));
        listener.EnableMeasurementEvents(instrument);
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        Type type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Histogram<>))
        {
            return MetricKind.Histogram;
        }

        return type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter : MetricKind.Gauge;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        _ => DefaultBounds,
    };

    private void Record(
        Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (_families.TryGetValue(instrument, out MetricFamily? family))
        {
            family.Record(value, tags);
        }
    }
}
