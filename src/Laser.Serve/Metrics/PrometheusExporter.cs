using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Laser.Serve.Metrics;

/// <summary>
/// Collects this server's meters, and those of .NET and Kestrel, for <c>/metrics</c>. It sees what is measured from its making on, so
/// it is made before anything is measured; and only meters of its own factory, because a process can have several servers (but for the
/// runtime's, which are the process's).
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    private const string OwnPrefix = "Laser.";
    private const string RuntimeMeter = "System.Runtime";

    // By name: other meters may come, with labels that nobody has looked at.
    private static readonly string[] HostMeters = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"];

    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly Lock _collecting = new();
    private readonly IMeterFactory _factory;
    private readonly MetricsOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<string?> _modelName;

    /// <param name="factory">The one whose meters are listened to.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="time">Clock of the exemplars.</param>
    /// <param name="modelName">The served model; null while there is none.</param>
    public PrometheusExporter(IMeterFactory factory, MetricsOptions options, TimeProvider time, Func<string?> modelName)
    {
        _factory = factory;
        _options = options;
        _time = time;
        _modelName = modelName;
        _listener.InstrumentPublished = Publish;
        Listen(static (double value) => value);
        Listen(static (float value) => value);
        Listen(static (decimal value) => (double)value);
        Listen(static (long value) => value);
        Listen(static (int value) => value);
        Listen(static (short value) => value);
        Listen(static (byte value) => value);
        _listener.Start();
    }

    /// <summary>Asks the observable instruments and writes everything.</summary>
    public string Collect(MetricsFormat format)
    {
        // One after the other: what an instrument answers belongs to one collection.
        lock (_collecting)
        {
            foreach (MetricFamily family in _families.Values)
            {
                family.BeginCollection();
            }

            _listener.RecordObservableInstruments();
            return Write(format);
        }
    }

    /// <summary>A setting must not be ignored: refuses buckets of a histogram that is not there.</summary>
    /// <exception cref="ArgumentException">Names it.</exception>
    public void ThrowIfBucketsAreForNothing()
    {
        foreach (string name in _options.Buckets.Keys)
        {
            if (!_families.TryGetValue(name, out MetricFamily? family) || family.Shape.Kind != MetricKind.Histogram)
            {
                IEnumerable<string> names = _families.Values.Select(f => f.Shape)
                    .Where(s => s is { Kind: MetricKind.Histogram, IsCompat: false }).Select(s => s.Name).Order();
                throw new ArgumentException(
                    $"Laser:Metrics:Buckets:{name} is for no histogram. There are {string.Join(", ", names)}.");
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private string Write(MetricsFormat format)
    {
        var text = new PrometheusText(format);
        string? compatLabels = _modelName() is string name ? VllmMetrics.Labels(name) : null;
        foreach (MetricFamily family in _families.Values.OrderBy(f => f.Shape.Name, StringComparer.Ordinal))
        {
            if (!family.Shape.IsCompat)
            {
                text.Write(family, labels: "");
            }
            else if (compatLabels is not null)
            {
                text.Write(family, compatLabels);
            }
        }

        return text.End();
    }

    private void Listen<T>(Func<T, double> convert)
        where T : struct =>
        _listener.SetMeasurementEventCallback<T>((_, value, tags, families) =>
        {
            foreach (MetricFamily family in (MetricFamily[])families!)
            {
                family.Record(convert(value), tags);
            }
        });

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (IsExported(instrument.Meter))
        {
            IEnumerable<MetricShape> compat =
                _options.Compat == MetricsCompat.Vllm ? VllmMetrics.Of(instrument) : [];
            MetricFamily[] families = [.. compat.Prepend(OwnShape(instrument)).Select(FamilyOf)];
            listener.EnableMeasurementEvents(instrument, families);
        }
    }

    private bool IsExported(Meter meter) => meter.Scope == _factory
        ? meter.Name.StartsWith(OwnPrefix, StringComparison.Ordinal) || HostMeters.Contains(meter.Name)
        : meter is { Scope: null, Name: RuntimeMeter };

    private MetricShape OwnShape(Instrument instrument)
    {
        MetricShape shape = MetricShape.Of(instrument);
        return shape.Kind == MetricKind.Histogram && _options.Buckets.TryGetValue(shape.Name, out string? bounds)
            ? shape with { Bounds = HistogramBuckets.Parse(bounds)! }
            : shape;
    }

    private MetricFamily FamilyOf(MetricShape shape) =>
        _families.GetOrAdd(shape.Name, _ => new MetricFamily(shape, _time));
}
