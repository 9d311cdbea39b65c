namespace Laser.Grpc.Protocol;

/// <summary>Names and values of the HTTP/2 mapping (grpc/grpc, doc/PROTOCOL-HTTP2.md).</summary>
internal static class GrpcHeaders
{
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string StatusDetails = "grpc-status-details-bin";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";

    /// <summary>Metadata by which a caller or a handler asks for compression; it is not sent.</summary>
    public const string EncodingRequest = "grpc-internal-encoding-request";

    public const string ContentType = "content-type";

    public const string GrpcContentType = "application/grpc";

    private const string ReservedPrefix = "grpc-";

    /// <summary>
    /// Whether a header belongs to the protocol or to HTTP, so that it is no metadata of the application.
    /// </summary>
    public static bool IsReserved(string lowerCaseName)
    {
        if (lowerCaseName.StartsWith(ReservedPrefix, StringComparison.Ordinal))
        {
            return lowerCaseName != StatusDetails;
        }

        return lowerCaseName.StartsWith(':') || lowerCaseName is ContentType or "te" or "host" or "accept-encoding"
            or "content-length" or "content-encoding" or "connection" or "transfer-encoding" or "trailer";
    }

    /// <summary>Whether a content type is "application/grpc", alone, with "+format" or with parameters.</summary>
    public static bool IsGrpcContentType(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(GrpcContentType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return contentType.Length == GrpcContentType.Length || contentType[GrpcContentType.Length] is '+' or ';' or ' ';
    }
}
