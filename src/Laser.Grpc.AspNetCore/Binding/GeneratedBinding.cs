using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Grpc.Core;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>Finds and calls the generated code that tells the methods of a service.</summary>
internal static class GeneratedBinding
{
    /// <summary>Hands every method of a service type to a binder, with null for the handlers.</summary>
    /// <exception cref="InvalidOperationException">The type is not derived from a generated base class.</exception>
    public static void Bind(
        [DynamicallyAccessedMembers(ServiceMembers.All)] Type serviceType, ServiceBinderBase binder)
    {
        (Type baseType, BindServiceMethodAttribute attribute) = FindBase(serviceType);
        MethodInfo bind = attribute.BindType.GetMethod(
            attribute.BindMethodName,
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic,
            [typeof(ServiceBinderBase), baseType])
            ?? throw new InvalidOperationException(
                $"'{attribute.BindType}' has no method '{attribute.BindMethodName}' that binds '{baseType}'.");

        bind.Invoke(null, BindingFlags.DoNotWrapExceptions, binder: null, [binder, null], culture: null);
    }

    private static (Type BaseType, BindServiceMethodAttribute Attribute) FindBase(Type serviceType)
    {
        for (Type? type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                return (type, attribute);
            }
        }

        throw new InvalidOperationException($"'{serviceType}' is not derived from a generated gRPC service base.");
    }
}
