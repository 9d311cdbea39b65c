using Grpc.AspNetCore.Server;
using Laser.Grpc.Tests.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Grpc.Tests.Registration;

public sealed class RegistrationTests
{
    [Fact]
    public void MapGrpcService_WithoutAddGrpc_SaysWhatIsMissing()
    {
        WebApplication application = WebApplication.CreateSlimBuilder().Build();

        var error = Assert.Throws<InvalidOperationException>(application.MapGrpcService<EchoService>);

        Assert.Contains("AddGrpc", error.Message, StringComparison.Ordinal);
    }

    [OwnLayerFact("The packages log a warning and map nothing.")]
    public void MapGrpcService_NoGeneratedBase_NamesTheType()
    {
        WebApplication application = Create();

        var error = Assert.Throws<InvalidOperationException>(application.MapGrpcService<RegistrationTests>);

        Assert.Contains(nameof(RegistrationTests), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MapGrpcService_Endpoints_CarryMethodAndAttributesAndConventions()
    {
        WebApplication application = Create();

        application.MapGrpcService<GuardedService>().RequireHost("*:5001");

        Endpoint[] methods =
        [
            .. Endpoints(application)
                .Where(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null),
        ];
        Assert.Equal(9, methods.Length);
        Assert.All(methods, method =>
        {
            Assert.Equal(typeof(GuardedService), method.Metadata.GetMetadata<GrpcMethodMetadata>()!.ServiceType);
            Assert.Equal("somebody", method.Metadata.GetMetadata<AuthorizeAttribute>()!.Policy);
            Assert.Equal(["*:5001"], method.Metadata.GetMetadata<IHostMetadata>()!.Hosts);
        });
    }

    [OwnLayerTheory("The packages call these endpoints something else.")]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public void MapGrpcService_IgnoreUnknownServices_LeavesThemToOthers(bool ignores, int unknownEndpoints)
    {
        WebApplication application = Create(options => options.IgnoreUnknownServices = ignores);

        application.MapGrpcService<EchoService>();

        IEnumerable<string> names = Endpoints(application).Select(endpoint => endpoint.DisplayName!);
        Assert.Equal(unknownEndpoints, names.Count(name => name.Contains("unknown", StringComparison.Ordinal)));
    }

    [Fact]
    public void Add_NoInterceptor_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new InterceptorCollection().Add(typeof(string)));

    private static WebApplication Create(Action<GrpcServiceOptions>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc(configure ?? (_ => { }));
        return builder.Build();
    }

    private static IEnumerable<Endpoint> Endpoints(IEndpointRouteBuilder application) =>
        application.DataSources.SelectMany(source => source.Endpoints);

    [Authorize("somebody")]
    private sealed class GuardedService : V1.Echo.EchoBase
    {
    }
}
