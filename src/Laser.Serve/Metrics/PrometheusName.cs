using System.Globalization;
using System.Text;

namespace Laser.Serve.Metrics;

/// <summary>Names and labels in the Prometheus text format.</summary>
internal static class PrometheusName
{
    public static string Of(string name, string? unit, MetricKind kind)
    {
        var text = new StringBuilder(name.Length + 16);
        foreach (char c in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }

        string suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        text.Append(suffix);
        if (kind == MetricKind.Counter)
        {
            text.Append("_total");
        }

        return text.ToString();
    }

    /// <summary><c>a="1",b="2"</c>, or empty.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (text.Length > 0)
            {
                text.Append(',');
            }

            foreach (char c in tag.Key)
            {
                text.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
            }

            string value = Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "";
            text.Append("=\"").Append(Escape(value)).Append('"');
        }

        return text.ToString();
    }

    /// <summary>Escapes a label value or a help text.</summary>
    public static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
}
