using Microsoft.Net.Http.Headers;

namespace Laser.Serve.Metrics;

/// <summary>The two formats of Prometheus text, and which one a client wants.</summary>
internal enum MetricsFormat
{
    /// <summary>Prometheus text 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics 1.0, which has units and exemplars.</summary>
    OpenMetrics,
}

/// <summary>Content negotiation.</summary>
internal static class MetricsFormats
{
    private const string TextType = "text/plain";
    private const string OpenMetricsType = "application/openmetrics-text";

    public static string ContentType(MetricsFormat format) => format == MetricsFormat.OpenMetrics
        ? $"{OpenMetricsType}; version=1.0.0; charset=utf-8"
        : $"{TextType}; version=0.0.4; charset=utf-8";

    /// <summary>
    /// OpenMetrics if it is asked for by name and nothing else is liked better; a version we do not write does not count.
    /// </summary>
    public static MetricsFormat Negotiate(IList<string> accept)
    {
        double openMetrics = 0;
        double text = 0;
        if (MediaTypeHeaderValue.TryParseList(accept, out IList<MediaTypeHeaderValue>? types))
        {
            foreach (MediaTypeHeaderValue type in types)
            {
                double quality = type.Quality ?? 1;
                if (type.MediaType.Equals(OpenMetricsType, StringComparison.OrdinalIgnoreCase) && IsWritten(type))
                {
                    openMetrics = Math.Max(openMetrics, quality);
                }
                else if (type.MediaType.Equals(TextType, StringComparison.OrdinalIgnoreCase))
                {
                    text = Math.Max(text, quality);
                }
            }
        }

        return openMetrics > 0 && openMetrics >= text ? MetricsFormat.OpenMetrics : MetricsFormat.Text;
    }

    private static bool IsWritten(MediaTypeHeaderValue type)
    {
        string? version = type.Parameters
            .FirstOrDefault(p => p.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value.Value;
        return version is null or "1.0.0" or "\"1.0.0\"";
    }
}
