using System.Globalization;
using System.Text;

namespace Laser.Serve.Metrics;

/// <summary>Names and labels in the Prometheus text formats.</summary>
internal static class PrometheusName
{
    // The ending _count belongs to histograms, and a gauge that has it is taken for a part of one.
    private static readonly Dictionary<string, string> WithoutCount = new()
    {
        ["dotnet.assembly.count"] = "dotnet_assemblies",
        ["dotnet.process.cpu.count"] = "dotnet_process_cpus",
        ["dotnet.thread_pool.thread.count"] = "dotnet_thread_pool_threads",
        ["dotnet.timer.count"] = "dotnet_timers",
    };

    /// <summary>Dots become underscores, the unit and <c>_total</c> follow.</summary>
    public static string Of(string name, string? unit, MetricKind kind)
    {
        if (WithoutCount.TryGetValue(name, out string? other))
        {
            return other;
        }

        string suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" when kind == MetricKind.Gauge => "_ratio",
            _ => "",
        };
        return Clean(name) + suffix + (kind == MetricKind.Counter ? "_total" : "");
    }

    /// <summary><c>a="1",b="2"</c>, or empty.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            labels[Clean(tag.Key)] = Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "";
        }

        return string.Join(',', labels.Select(label => Label(label.Key, label.Value)));
    }

    /// <summary><c>name="value"</c>.</summary>
    public static string Label(string name, string value) => $"{name}=\"{EscapeLabel(value)}\"";

    /// <summary>Escapes a label value, and in OpenMetrics a help text.</summary>
    public static string EscapeLabel(string value) => EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Escapes a help text of the older format, which leaves quotes alone.</summary>
    public static string EscapeHelp(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Clean(string name)
    {
        var text = new StringBuilder(name.Length + 16);
        foreach (char c in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }

        return char.IsAsciiDigit(text[0]) ? "_" + text : text.ToString();
    }
}
