using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>Maps services to the routes of the application.</summary>
internal sealed class ServiceMapper(
    IOptions<GrpcServiceOptions> options, IServiceProvider services, ILoggerFactory loggers)
{
    // The name the packages log under, so that a filter for "Grpc" applies here as it does there.
    private const string LogCategory = "Grpc.AspNetCore.Server";

    private readonly ILogger _logger = loggers.CreateLogger(LogCategory);
    private bool _hasUnknownServiceEndpoint;

    /// <summary>Maps the methods of a service, and the answer to methods it does not have.</summary>
    public IReadOnlyList<IEndpointConventionBuilder> Map<[DynamicallyAccessedMembers(ServiceMembers.All)] TService>(
        IEndpointRouteBuilder routes)
        where TService : class
    {
        var serviceOptions = (IOptions<GrpcServiceOptions<TService>>?)services
            .GetService(typeof(IOptions<GrpcServiceOptions<TService>>));
        MethodSettings settings = MethodSettings.Combine(options.Value, serviceOptions!.Value);
        var binder = new ServiceBinder<TService>(settings, _logger);
        GeneratedBinding.Bind(typeof(TService), binder);

        List<IEndpointConventionBuilder> builders =
            [.. binder.Endpoints.Select(endpoint => MapMethod(routes, typeof(TService), endpoint))];
        if (!settings.IgnoreUnknownServices)
        {
            builders.AddRange(UnimplementedEndpoints.MapMethods(
                routes, binder.Endpoints.Select(endpoint => endpoint.Method.ServiceName).Distinct(), _logger));
        }

        MapUnknownServices(routes);
        return builders;
    }

    private static IEndpointConventionBuilder MapMethod(
        IEndpointRouteBuilder routes, Type serviceType, MethodEndpoint endpoint) =>
        routes.Map(RoutePatternFactory.Parse(endpoint.Method.FullName), endpoint.Handle)
            .WithDisplayName($"gRPC - {endpoint.Method.FullName}")
            .WithMetadata([.. endpoint.Metadata])
            .WithMetadata(
                new GrpcMethodMetadata(serviceType, endpoint.Method),
                new HttpMethodMetadata(["POST"], acceptCorsPreflight: true));

    private void MapUnknownServices(IEndpointRouteBuilder routes)
    {
        if (!_hasUnknownServiceEndpoint && options.Value.IgnoreUnknownServices != true)
        {
            UnimplementedEndpoints.MapServices(routes, _logger);
            _hasUnknownServiceEndpoint = true;
        }
    }
}
