using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;
using Laser.Grpc.AspNetCore.Binding;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>One interceptor of a server: its type, and what its constructor gets.</summary>
public class InterceptorRegistration
{
    private readonly object[] _arguments;
    private readonly ObjectFactory _create;

    internal InterceptorRegistration(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type, object[] arguments)
    {
        Type = type;
        _arguments = arguments;
        _create = ActivatorUtilities.CreateFactory(type, [.. arguments.Select(argument => argument.GetType())]);
    }

    /// <summary>The interceptor.</summary>
    public Type Type { get; }

    /// <summary>Constructor arguments that do not come from the application's services.</summary>
    public IReadOnlyList<object> Arguments => _arguments;

    /// <summary>
    /// Takes the interceptor from the services or, where it is not one of them, creates one for this call.
    /// </summary>
    internal Lease<Interceptor> Acquire(IServiceProvider services) =>
        _arguments.Length == 0 && services.GetService(Type) is Interceptor shared
            ? new(shared, isOwned: false)
            : new((Interceptor)_create(services, _arguments), isOwned: true);
}
