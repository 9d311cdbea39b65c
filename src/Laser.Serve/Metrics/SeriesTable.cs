using Tags = System.ReadOnlySpan<System.Collections.Generic.KeyValuePair<string, object?>>;

namespace Laser.Serve.Metrics;

/// <summary>
/// The series of a family, by the tags of a measurement. Finding one that is there takes no lock and allocates nothing:
/// most measurements come from the engine thread.
/// </summary>
/// <param name="render">Tags to labels; null if these tags are not counted.</param>
/// <param name="boundCount">Bounds of the histograms.</param>
internal sealed class SeriesTable(SeriesTable.RenderLabels render, int boundCount)
{
    /// <summary>Series of one family at most. What comes then is counted in one more, together.</summary>
    public const int MaxSeries = 500;

    private const string OverflowLabels = "otel_metric_overflow=\"true\"";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, MetricSeries> _byLabels = new(StringComparer.Ordinal);
    private volatile Entry[] _entries = [];
    private volatile MetricSeries[] _series = [];
    private MetricSeries? _overflow;

    public delegate string? RenderLabels(Tags tags);

    /// <summary>All of them, by their labels.</summary>
    public IReadOnlyList<MetricSeries> All => _series;

    /// <summary>The series of these tags; null if they are not counted.</summary>
    public MetricSeries? Of(Tags tags)
    {
        int hash = HashOf(tags);
        return Find(_entries, hash, tags, out MetricSeries? series) ? series : Add(hash, tags);
    }

    private MetricSeries? Add(int hash, Tags tags)
    {
        lock (_gate)
        {
            if (Find(_entries, hash, tags, out MetricSeries? series))
            {
                return series;
            }

            if (_entries.Length == MaxSeries)
            {
                return _overflow ??= Series(OverflowLabels);
            }

            series = render(tags) is string labels ? Series(labels) : null;
            _entries = [.. _entries, new Entry(hash, tags.ToArray(), series)];
            return series;
        }
    }

    private MetricSeries Series(string labels)
    {
        if (!_byLabels.TryGetValue(labels, out MetricSeries? series))
        {
            _byLabels[labels] = series = new MetricSeries(labels, boundCount);
            _series = [.. _byLabels.Values.OrderBy(one => one.Labels, StringComparer.Ordinal)];
        }

        return series;
    }

    private static bool Find(Entry[] entries, int hash, Tags tags, out MetricSeries? series)
    {
        foreach (Entry entry in entries)
        {
            if (entry.Hash == hash && AreEqual(entry.Tags, tags))
            {
                series = entry.Series;
                return true;
            }
        }

        series = null;
        return false;
    }

    private static int HashOf(Tags tags)
    {
        var hash = new HashCode();
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            hash.Add(tag.Key);
            hash.Add(tag.Value);
        }

        return hash.ToHashCode();
    }

    private static bool AreEqual(Tags left, Tags right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (int i = 0; i < left.Length; i++)
        {
            if (left[i].Key != right[i].Key || !Equals(left[i].Value, right[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Entry(int Hash, KeyValuePair<string, object?>[] Tags, MetricSeries? Series);
}
