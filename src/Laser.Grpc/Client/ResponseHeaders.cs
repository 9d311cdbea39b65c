using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Client;

/// <summary>Reads metadata and status out of response headers and trailers.</summary>
internal static class ResponseHeaders
{
    public static Metadata ToMetadata(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            if (GrpcHeaders.IsReserved(name.ToLowerInvariant()))
            {
                continue;
            }

            foreach (string value in values)
            {
                MetadataCoding.AddReceived(metadata, name, value);
            }
        }

        return metadata;
    }

    /// <summary>The status in headers or trailers, or null.</summary>
    public static Status? FindStatus(HttpResponseHeaders headers)
    {
        if (Find(headers, GrpcHeaders.Status) is not { } number)
        {
            return null;
        }

        string detail = PercentCoding.Decode(Find(headers, GrpcHeaders.Message) ?? "");
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int code)
            ? new Status((StatusCode)code, detail)
            : new Status(StatusCode.Unknown, $"The response has the grpc-status '{number}'. {detail}".TrimEnd());
    }

    /// <summary>The error of a response that is no gRPC response, or null where it is one.</summary>
    public static Status? FindHttpError(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            string detail = $"The server answered with HTTP status {(int)response.StatusCode}.";
            return FindStatus(response.Headers) is { StatusCode: not StatusCode.OK } status
                ? new Status(status.StatusCode, $"{detail} {status.Detail}".TrimEnd())
                : new Status(TransportError.FromHttpStatus(response.StatusCode), detail);
        }

        HttpHeadersNonValidated content = response.Content.Headers.NonValidated;
        string? contentType = content.TryGetValues(GrpcHeaders.ContentType, out var values) ? values.ToString() : null;
        return GrpcHeaders.IsGrpcContentType(contentType)
            ? null
            : new Status(StatusCode.Unknown, $"The server answered with content-type '{contentType}', not with gRPC.");
    }

    public static string? Find(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;
}
