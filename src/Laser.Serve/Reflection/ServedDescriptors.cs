using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Laser.Serve.Reflection;

/// <summary>Descriptors of every service that is mapped, found through the code that was generated for it.</summary>
internal sealed class ServedDescriptors(EndpointDataSource endpoints)
{
    // At the first question: services are still being mapped when this is made.
    private readonly Lazy<DescriptorIndex> _index = new(() => new DescriptorIndex(Services(endpoints)));

    public DescriptorIndex Index => _index.Value;

    private static IEnumerable<ServiceDescriptor> Services(EndpointDataSource endpoints) => endpoints.Endpoints
        .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
        .OfType<Type>()
        .Distinct()
        .Select(Descriptor)
        .OfType<ServiceDescriptor>();

    // A service class derives from a generated one, whose attribute names the class that has the descriptor.
    private static ServiceDescriptor? Descriptor(Type service)
    {
        for (Type? type = service; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                PropertyInfo? property = attribute.BindType.GetProperty(
                    "Descriptor", BindingFlags.Public | BindingFlags.Static);
                return (ServiceDescriptor?)property?.GetValue(null);
            }
        }

        return null;
    }
}
