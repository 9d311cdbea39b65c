using Grpc.Core;
using Laser.Grpc.Protocol;
using Microsoft.AspNetCore.Http;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>Refuses requests that are not gRPC with the HTTP status that says why.</summary>
internal static class RequestCheck
{
    /// <summary>Whether the request is gRPC; if not, the response says so and is complete.</summary>
    public static bool TryAccept(HttpContext context)
    {
        string protocol = context.Request.Protocol;
        if (!HttpProtocol.IsHttp2(protocol) && !HttpProtocol.IsHttp3(protocol))
        {
            context.Response.Headers.Upgrade = "HTTP/2";
            Refuse(context, StatusCodes.Status426UpgradeRequired, $"gRPC needs HTTP/2, not {protocol}.");
            return false;
        }

        if (!GrpcHeaders.IsGrpcContentType(context.Request.ContentType))
        {
            Refuse(
                context,
                StatusCodes.Status415UnsupportedMediaType,
                $"Content-Type '{context.Request.ContentType}' is not supported.");
            return false;
        }

        return true;
    }

    private static void Refuse(HttpContext context, int httpStatus, string detail)
    {
        context.Response.StatusCode = httpStatus;
        StatusWriter.Write(context.Response.Headers, new Status(StatusCode.Internal, detail));
    }
}
