using Laser.Serve.Metrics;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Laser.Serve.Hosting;

/// <summary><c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>, on the HTTP port and nowhere else.</summary>
internal static partial class OperationsEndpoints
{
    // The port may be 0 (any free one) and a Host header can lie, so the listener marks its connections.
    private static readonly object Mark = new();

    public static void MarkAsOperationsPort(this ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Items[Mark] = Mark;
        return next(connection);
    });

    public static void MapOperations(this WebApplication app)
    {
        RouteGroupBuilder operations = app.MapOperationsGroup();
        operations.MapGet("/healthz", (ModelState state) => state.IsAlive
            ? Results.Text("ok\n")
            : Results.Text("not ok\n", statusCode: StatusCodes.Status503ServiceUnavailable));
        operations.MapGet("/readyz", (ModelState state) => state.IsReady
            ? Results.Text("ready\n")
            : Results.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable));
        operations.MapGet("/metrics", MetricsEndpoint.WriteAsync);
        MapMetricsOfPackage(operations);
    }

    /// <summary>A place for routes that answer on the HTTP port and nowhere else.</summary>
    public static RouteGroupBuilder MapOperationsGroup(this WebApplication app) =>
        app.MapGroup("").AddEndpointFilter(async (context, next) =>
            IsOperationsPort(context.HttpContext) ? await next(context) : Results.NotFound());

    /// <summary>Does something only where prometheus-net is there (UseUpstreamPackages).</summary>
    static partial void MapMetricsOfPackage(RouteGroupBuilder operations);

    private static bool IsOperationsPort(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true;
}
