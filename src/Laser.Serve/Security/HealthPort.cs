using Grpc.Core;
using Laser.Serve.Errors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Laser.Serve.Security;

/// <summary>Keeps everything but <c>grpc.health.v1.Health</c> off the port for probes.</summary>
internal static class HealthPort
{
    // As for the HTTP port: the listener marks its connections, because a Host header can lie.
    private static readonly object Mark = new();

    public static void MarkAsHealthPort(this ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Items[Mark] = Mark;
        return next(connection);
    });

    public static void UseHealthPort(this IApplicationBuilder app) => app.Use(next => context =>
        IsHealthPort(context) && !OpenPaths.IsGrpcHealth(context.Request.Path) ? RefuseAsync(context) : next(context));

    private static Task RefuseAsync(HttpContext context)
    {
        const string Message = "Only grpc.health.v1.Health is served on this port.";
        return Refusal.IsGrpc(context.Request)
            ? Refusal.WriteGrpcAsync(
                context.Response, RpcErrors.Create(StatusCode.Unimplemented, "HEALTH_PORT", Message))
            : Refusal.WriteHttpAsync(
                context.Response, StatusCodes.Status404NotFound, "not_found_error", "health_port", Message);
    }

    private static bool IsHealthPort(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true;
}
