using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Laser.Serve.Telemetry;

/// <summary>How a call ended, in the words of its protocol.</summary>
internal static class CallStatus
{
    private const string Key = "grpc-status";

    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary>A status of gRPC, or the number of one of HTTP.</summary>
    public static string Of(HttpContext http, ApiMethod method)
    {
        if (!method.IsGrpc)
        {
            return http.RequestAborted.IsCancellationRequested
                ? "499"
                : http.Response.StatusCode.ToString(CultureInfo.InvariantCulture);
        }

        // In the trailers, or in the headers where the status is the whole answer.
        string? sent = http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[Key];
        sent = string.IsNullOrEmpty(sent) ? http.Response.Headers[Key] : sent;
        if (int.TryParse(sent, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return (uint)number < (uint)Names.Length ? Names[number] : "UNKNOWN";
        }

        return http.RequestAborted.IsCancellationRequested ? "CANCELLED" : "UNKNOWN";
    }
}
