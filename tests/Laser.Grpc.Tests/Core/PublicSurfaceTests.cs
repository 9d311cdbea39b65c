using System.Reflection;
using Grpc.Core;
using Laser.Grpc.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Grpc.Tests.Core;

/// <summary>
/// What these projects show must be what the packages show, or code written here would not compile there.
/// </summary>
public sealed class PublicSurfaceTests
{
    public static TheoryData<string> Assemblies =>
        [typeof(Status).Assembly.Location, typeof(GrpcServicesExtensions).Assembly.Location];

    [OwnLayerTheory("The packages have more; Upstream/SurfaceTests holds ours against them.")]
    [MemberData(nameof(Assemblies))]
    public void PublicTypes_OfEachAssembly_AreInThePackagesNamespaces(string path)
    {
        string[] packageNamespaces =
        [
            "Grpc.Core",
            "Grpc.Core.Interceptors",
            "Grpc.Net.Client",
            "Grpc.Net.Compression",
            "Grpc.AspNetCore.Server",
            "Microsoft.AspNetCore.Builder",
            "Microsoft.Extensions.DependencyInjection",
        ];

        Assert.All(
            Assembly.LoadFrom(path).GetExportedTypes(), type => Assert.Contains(type.Namespace, packageNamespaces));
    }

    [Fact]
    public void ServerServiceDefinition_DuplicateMethod_IsRefused()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "service", "Method", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.CreateBuilder()
            .AddMethod(method, (request, _) => Task.FromResult(request));

        Assert.Throws<ArgumentException>(() => builder.AddMethod(method, (request, _) => Task.FromResult(request)));
    }
}
