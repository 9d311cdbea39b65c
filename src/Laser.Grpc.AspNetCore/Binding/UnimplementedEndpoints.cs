using Grpc.Core;
using Laser.Grpc.AspNetCore.Calls;
using Laser.Grpc.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>
/// Answers calls of methods and services that do not exist with UNIMPLEMENTED, instead of HTTP's 404.
/// </summary>
internal static class UnimplementedEndpoints
{
    /// <summary>Answers for the unknown methods of known services.</summary>
    public static IEnumerable<IEndpointConventionBuilder> MapMethods(
        IEndpointRouteBuilder routes, IEnumerable<string> serviceNames, ILogger logger) =>
        [.. serviceNames.Select(name => Map(routes, $"/{name}/{{unknownMethod}}", "unknownMethod", "method", logger))];

    /// <summary>Answers for unknown services.</summary>
    public static void MapServices(IEndpointRouteBuilder routes, ILogger logger) =>
        Map(routes, "/{unknownService}/{unknownMethod}", "unknownService", "service", logger);

    private static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder routes, string pattern, string parameter, string what, ILogger logger)
    {
        RoutePattern route = RoutePatternFactory.Parse(
            pattern,
            defaults: null,
            parameterPolicies: new RouteValueDictionary { [parameter] = new GrpcRequestConstraint() });
        return routes.Map(route, context => AnswerAsync(context, what, logger))
            .WithDisplayName($"gRPC - unknown {what}")
            .WithOrder(int.MaxValue);
    }

    private static Task AnswerAsync(HttpContext context, string what, ILogger logger)
    {
        if (RequestCheck.TryAccept(context))
        {
            ServerLog.Unimplemented(logger, context.Request.Path, what);
            context.Response.ContentType = GrpcHeaders.GrpcContentType;
            StatusWriter.Write(
                context.Response.Headers,
                new Status(StatusCode.Unimplemented, $"The server has no {what} for '{context.Request.Path}'."));
        }

        return Task.CompletedTask;
    }
}
