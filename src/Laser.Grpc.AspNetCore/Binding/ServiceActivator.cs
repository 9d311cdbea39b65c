using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>Gives a call its service: the registered one or, where none is, a new one.</summary>
/// <typeparam name="TService">The service.</typeparam>
internal sealed class ServiceActivator<[DynamicallyAccessedMembers(ServiceMembers.All)] TService>
    where TService : class
{
    private readonly Lazy<ObjectFactory<TService>> _create = new(() => ActivatorUtilities.CreateFactory<TService>([]));

    public Lease<TService> Acquire(IServiceProvider services) =>
        services.GetService<TService>() is { } shared
            ? new Lease<TService>(shared, isOwned: false)
            : new Lease<TService>(_create.Value(services, []), isOwned: true);
}
