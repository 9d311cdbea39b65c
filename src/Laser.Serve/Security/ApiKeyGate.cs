using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Security;

/// <summary>
/// Lets only requests with a key pass, whatever they ask for; stands ahead of routing, so that no route and no service
/// can be forgotten.
/// </summary>
internal sealed partial class ApiKeyGate(
    RequestDelegate next,
    ReloadedFiles<ApiKeyRing> keys,
    CurrentCaller caller,
    ApiKeyOptions options,
    ILogger<ApiKeyGate> logger)
{
    private const string MissingReason = "MISSING_API_KEY";
    private const string InvalidReason = "INVALID_API_KEY";

    public Task InvokeAsync(HttpContext context)
    {
        if (OpenPaths.Contains(context.Request.Path, withMetrics: !options.ProtectMetrics))
        {
            return next(context);
        }

        string? key = PresentedKey.Find(context.Request.Headers);
        if (key is not null && keys.Current.Find(key) is ApiKey known)
        {
            return PassAsync(context, known);
        }

        return key is null
            ? RefuseAsync(context, MissingReason, "An API key is needed: 'authorization: Bearer KEY' or 'x-api-key: KEY'.")
            : RefuseAsync(context, InvalidReason, "The API key is not valid.");
    }

    // Async, so that what it sets is seen by this request alone.
    private async Task PassAsync(HttpContext context, ApiKey key)
    {
        caller.Name = key.Caller;
        await next(context);
    }

    private Task RefuseAsync(HttpContext context, string reason, string message)
    {
        LogRefused(context.Request.Path, reason, context.Connection.RemoteIpAddress);
        if (Refusal.IsGrpc(context.Request))
        {
            return Refusal.WriteGrpcAsync(
                context.Response, RpcErrors.Create(StatusCode.Unauthenticated, reason, message));
        }

        context.Response.Headers.WWWAuthenticate = reason == MissingReason ? "Bearer" : "Bearer error=\"invalid_token\"";
        return Refusal.WriteHttpAsync(
            context.Response,
            StatusCodes.Status401Unauthorized,
            "authentication_error",
            reason.ToLowerInvariant(),
            message);
    }

    // Debug: whoever knocks must not be able to fill the log.
    [LoggerMessage(EventId = 13, Level = LogLevel.Debug, Message = "{Path} was refused: {Reason}, from {Remote}")]
    private partial void LogRefused(PathString path, string reason, System.Net.IPAddress? remote);
}
