using System.Globalization;
using System.Text;

namespace Laser.Serve.Metrics;

/// <summary>Writes families as text.</summary>
internal sealed class PrometheusText(MetricsFormat format)
{
    private const string Total = "_total";

    private static readonly string[] Units = ["seconds", "bytes", "ratio"];

    private readonly StringBuilder _text = new();

    private bool IsOpenMetrics => format == MetricsFormat.OpenMetrics;

    /// <summary>Writes one family.</summary>
    /// <param name="family">The family.</param>
    /// <param name="labels">Labels that all its series have besides their own; may be empty.</param>
    public void Write(MetricFamily family, string labels)
    {
        MetricShape shape = family.Shape;
        string name = Head(shape);
        foreach (MetricSeries series in family.Series)
        {
            string all = Join(labels, series.Labels);
            (double value, long[] buckets, MetricExemplar[] exemplars) = series.Read();
            if (shape.Kind == MetricKind.Histogram)
            {
                WriteHistogram(shape, all, value, buckets, exemplars);
            }
            else
            {
                Sample(shape.Kind == MetricKind.Counter ? WithTotal(name) : name, all, value).Append('\n');
            }
        }
    }

    /// <summary>Everything written.</summary>
    public string End() => (IsOpenMetrics ? _text.Append("# EOF\n") : _text).ToString();

    // In OpenMetrics the family of a counter has no ending, its samples have.
    private string Head(MetricShape shape)
    {
        string name = IsOpenMetrics && shape.Kind == MetricKind.Counter ? shape.Name[..^Total.Length] : shape.Name;
        string help = IsOpenMetrics ? PrometheusName.EscapeLabel(shape.Help) : PrometheusName.EscapeHelp(shape.Help);
        string kind = shape.Kind.ToString().ToLowerInvariant();
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
        string? unit = Units.FirstOrDefault(unit => name.EndsWith("_" + unit, StringComparison.Ordinal));
        if (IsOpenMetrics && unit is not null)
        {
            _text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
        }

        return name;
    }

    private void WriteHistogram(
        MetricShape shape, string labels, double sum, long[] buckets, MetricExemplar[] exemplars)
    {
        long cumulative = 0;
        for (int i = 0; i < buckets.Length; i++)
        {
            cumulative += buckets[i];
            string bound = i < shape.Bounds.Length ? Bound(shape.Bounds[i]) : "+Inf";
            Sample(shape.Name + "_bucket", Join(labels, PrometheusName.Label("le", bound)), cumulative);
            if (IsOpenMetrics && exemplars[i].Exists)
            {
                Write(exemplars[i]);
            }

            _text.Append('\n');
        }

        Sample(shape.Name + "_sum", labels, sum).Append('\n');
        Sample(shape.Name + "_count", labels, cumulative).Append('\n');
    }

    private StringBuilder Sample(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        return _text.Append(' ').Append(Number(value));
    }

    private void Write(MetricExemplar exemplar) => _text
        .Append(" # {trace_id=\"").Append(exemplar.Trace.TraceId.ToHexString())
        .Append("\",span_id=\"").Append(exemplar.Trace.SpanId.ToHexString())
        .Append("\"} ").Append(Number(exemplar.Value))
        .Append(' ').Append(Number(exemplar.Time.ToUnixTimeMilliseconds() / 1000.0));

    private static string WithTotal(string name) =>
        name.EndsWith(Total, StringComparison.Ordinal) ? name : name + Total;

    private static string Join(string left, string right) =>
        left.Length == 0 ? right : right.Length == 0 ? left : left + "," + right;

    // The same in both formats, and always with a point: to Prometheus "1" and "1.0" are two buckets.
    private static string Bound(double bound)
    {
        string text = Number(bound);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
