using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Laser.Serve.Metrics;

/// <summary>Answers a scrape: in the format and the encoding that are asked for.</summary>
internal static class MetricsEndpoint
{
    public static async Task WriteAsync(HttpContext http, PrometheusExporter exporter)
    {
        MetricsFormat format = MetricsFormats.Negotiate(http.Request.Headers.Accept.ToArray()!);
        byte[] text = Encoding.UTF8.GetBytes(exporter.Collect(format));
        http.Response.ContentType = MetricsFormats.ContentType(format);
        http.Response.Headers.Vary = "Accept, Accept-Encoding";
        if (AcceptsGzip(http.Request.Headers.AcceptEncoding))
        {
            http.Response.Headers.ContentEncoding = "gzip";
            await using var compressed = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            await compressed.WriteAsync(text, http.RequestAborted);
        }
        else
        {
            http.Response.ContentLength = text.Length;
            await http.Response.Body.WriteAsync(text, http.RequestAborted);
        }
    }

    internal static bool AcceptsGzip(StringValues accepted) =>
        StringWithQualityHeaderValue.TryParseList(accepted.ToArray()!, out IList<StringWithQualityHeaderValue>? encodings)
        && encodings.Any(e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && e.Quality is null or > 0);
}
