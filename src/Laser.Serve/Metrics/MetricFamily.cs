using System.Diagnostics;
using Laser.Serve.Engine.Telemetry;

namespace Laser.Serve.Metrics;

/// <summary>All series of one name. Measurements may come from any thread.</summary>
internal sealed class MetricFamily(MetricShape shape, TimeProvider time)
{
    private readonly SeriesTable _table = new(shape.Labels, shape.Bounds.Length);
    private long _collection;

    public MetricShape Shape => shape;

    /// <summary>The series that there are; of an instrument that is asked, those of its last answer.</summary>
    public IEnumerable<MetricSeries> Series => shape.IsObserved
        ? _table.All.Where(series => series.Collection == _collection)
        : _table.All;

    /// <summary>Instruments that are asked are about to answer.</summary>
    public void BeginCollection() => _collection++;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_table.Of(tags) is not MetricSeries series)
        {
            return;
        }

        if (shape.Kind == MetricKind.Histogram)
        {
            series.Observe(value, shape.Bounds, Exemplar(value));
        }
        else if (shape.IsObserved)
        {
            series.Set(value, _collection);
        }
        else if (shape.IsSet)
        {
            series.Set(value, collection: 0);
        }
        else
        {
            series.Add(shape.CountsMeasurements ? 1 : value);
        }
    }

    // Of traces that somebody keeps: an identifier that leads nowhere is of no use.
    private MetricExemplar Exemplar(double value)
    {
        ActivityContext trace = MeasuredRequest.Trace;
        if (trace == default && Activity.Current is Activity activity)
        {
            trace = activity.Context;
        }

        return (trace.TraceFlags & ActivityTraceFlags.Recorded) == 0
            ? default
            : new MetricExemplar(value, trace, time.GetUtcNow());
    }
}
