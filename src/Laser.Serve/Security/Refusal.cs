using System.Globalization;
using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Security;

/// <summary>
/// Answers a request without letting it in, in the form its client understands. Written by hand because no gRPC service
/// has the request yet, and none may get it.
/// </summary>
internal static class Refusal
{
    private const string GrpcContentType = "application/grpc";
    /// <summary>Whether the client waits for a gRPC status; gRPC needs HTTP/2.</summary>
    public static bool IsGrpc(HttpRequest request) =>
        !HttpProtocol.IsHttp11(request.Protocol)
        && !HttpProtocol.IsHttp10(request.Protocol)
        && request.ContentType?.StartsWith(GrpcContentType, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>A gRPC answer without a message: the status in the headers, and nothing after them.</summary>
    public static Task WriteGrpcAsync(HttpResponse response, RpcException refusal)
    {
        response.ContentType = GrpcContentType;
        response.Headers["grpc-status"] = ((int)refusal.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(refusal.Status.Detail);
        if (refusal.Trailers.GetValueBytes(RpcErrors.DetailsKey) is { } details)
        {
            response.Headers[RpcErrors.DetailsKey] = Convert.ToBase64String(details).TrimEnd('=');
        }

        return Task.CompletedTask;
    }

    /// <summary>An HTTP answer with an error object as clients of the OpenAI API read it.</summary>
    public static Task WriteHttpAsync(HttpResponse response, int httpStatus, string type, string code, string message)
    {
        response.StatusCode = httpStatus;
        return response.WriteAsJsonAsync(new { error = new { message, type, param = (string?)null, code } });
    }
}
