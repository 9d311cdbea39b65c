namespace Laser.Serve.Metrics;

/// <summary>One time series: a number, or the buckets of a histogram. Any thread.</summary>
internal sealed class MetricSeries(string labels, int boundCount)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[boundCount + 1];
    private readonly MetricExemplar[] _exemplars = new MetricExemplar[boundCount + 1];
    private double _value;

    /// <summary>Its labels as they are written, without braces.</summary>
    public string Labels => labels;

    /// <summary>The collection in which it was last set.</summary>
    public long Collection { get; private set; }

    public void Set(double value, long collection)
    {
        lock (_gate)
        {
            _value = value;
            Collection = collection;
        }
    }

    public void Add(double value)
    {
        lock (_gate)
        {
            _value += value;
        }
    }

    public void Observe(double value, double[] bounds, MetricExemplar exemplar)
    {
        int index = Array.BinarySearch(bounds, value);
        index = index < 0 ? ~index : index;
        lock (_gate)
        {
            _buckets[index]++;
            _value += value;
            if (exemplar.Exists)
            {
                _exemplars[index] = exemplar;
            }
        }
    }

    /// <summary>The value (of a histogram: the sum), and the counts per bucket, not cumulative, of one moment.</summary>
    public (double Value, long[] Buckets, MetricExemplar[] Exemplars) Read()
    {
        lock (_gate)
        {
            return (_value, [.. _buckets], [.. _exemplars]);
        }
    }
}
