using System.Net;
using Grpc.Core;

namespace Laser.Grpc.Client;

/// <summary>
/// What HTTP tells about a failed call, as a status (grpc/grpc, doc/http-grpc-status-mapping.md and PROTOCOL-HTTP2.md).
/// </summary>
internal static class TransportError
{
    private const long NoError = 0x0;
    private const long RefusedStream = 0x7;
    private const long Cancel = 0x8;
    private const long EnhanceYourCalm = 0xb;
    private const long InadequateSecurity = 0xc;

    /// <summary>The status an exception from the HTTP client stands for.</summary>
    public static Status ToStatus(Exception error)
    {
        if (error is RpcException rpc)
        {
            return rpc.Status;
        }

        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException reset && reset.ErrorCode != NoError)
            {
                return new Status(FromErrorCode(reset.ErrorCode), $"The server reset the call: {reset.Message}", error);
            }
        }

        return new Status(Classify(error), $"The call failed: {Messages(error)}", error);
    }

    /// <summary>The code for an HTTP status other than 200.</summary>
    public static StatusCode FromHttpStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    private static StatusCode FromErrorCode(long errorCode) => errorCode switch
    {
        RefusedStream => StatusCode.Unavailable,
        Cancel => StatusCode.Cancelled,
        EnhanceYourCalm => StatusCode.ResourceExhausted,
        InadequateSecurity => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };

    private static StatusCode Classify(Exception error) => error switch
    {
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError
                or HttpRequestError.ResponseEnded
        } => StatusCode.Unavailable,
        HttpRequestException { InnerException: IOException } => StatusCode.Unavailable,
        IOException => StatusCode.Unavailable,
        // The HTTP client cancels by itself where connecting takes too long.
        OperationCanceledException { InnerException: TimeoutException } => StatusCode.Unavailable,
        OperationCanceledException => StatusCode.Cancelled,
        _ => StatusCode.Internal,
    };

    private static string Messages(Exception error) =>
        error.InnerException is null ? error.Message : $"{error.Message} {Messages(error.InnerException)}";
}
