using System.Diagnostics.CodeAnalysis;
using Laser.Grpc.AspNetCore.Binding;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps every method of a service to "/package.Service/Method".</summary>
    /// <typeparam name="TService">The service, derived from a generated base class.</typeparam>
    /// <param name="builder">The routes of the application.</param>
    /// <returns>Goes on with conventions, such as a required host or authorization.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddGrpc</c> was not called, or the type is not derived from a generated base class.
    /// </exception>
    public static GrpcServiceEndpointConventionBuilder
        MapGrpcService<[DynamicallyAccessedMembers(ServiceMembers.All)] TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ServiceMapper mapper = builder.ServiceProvider.GetService<ServiceMapper>()
            ?? throw new InvalidOperationException(
                "gRPC is not set up. Call 'services.AddGrpc()' before 'MapGrpcService'.");

        return new GrpcServiceEndpointConventionBuilder(mapper.Map<TService>(builder));
    }
}
