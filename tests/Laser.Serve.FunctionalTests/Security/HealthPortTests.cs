using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests.Security;

public sealed class HealthPortTests : IDisposable
{
    private const string Unimplemented = "12";

    private readonly TestFolder _folder = new();
    private readonly TestAuthority _authority = new("servers");

    [Theory]
    [InlineData("/laser.serve.v1.Models/GetModel")]
    [InlineData("/laser.serve.v1.Generation/Generate")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    [InlineData("/grpc.health.v1.Health")]
    [InlineData("/grpc.health.v1.HealthX/Check")]
    [InlineData("/grpc.health.v1.Health/../laser.serve.v1.Models/GetModel")]
    public async Task HealthPort_AnotherService_IsUnimplemented(string path)
    {
        await using SecuredServer server = await StartAsync();

        RawRequest.GrpcAnswer answer = await RawRequest.GrpcAsync(server.HealthAddress, path);

        Assert.Equal(HttpStatusCode.OK, answer.HttpStatus);
        Assert.Equal(Unimplemented, answer.Status);
        Assert.Equal("Only grpc.health.v1.Health is served on this port.", answer.Message);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/metrics")]
    [InlineData("/")]
    public async Task HealthPort_HttpRoute_IsNotThere(string path)
    {
        await using SecuredServer server = await StartAsync();

        RawRequest.HttpAnswer answer = await RawRequest.HttpAsync(
            HttpMethod.Get, new Uri(server.HealthAddress, path), HttpVersion.Version20);

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
    }

    [Fact]
    public async Task HealthPort_HealthService_IsReachedWithoutTlsAndKey()
    {
        await using SecuredServer server = SecuredServer.Build(Options());
        server.App.MapPost("/grpc.health.v1.Health/ForThisTest", (HttpResponse response) =>
        {
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = "0";
        });
        await server.App.StartAsync();

        RawRequest.GrpcAnswer answer =
            await RawRequest.GrpcAsync(server.HealthAddress, "/grpc.health.v1.Health/ForThisTest");

        Assert.Equal("0", answer.Status);
        Assert.Equal(Uri.UriSchemeHttp, server.HealthAddress.Scheme);
    }

    [Fact]
    public async Task HealthPort_WithoutTls_IsOpenedToo()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:Health:Port", "0");

        RawRequest.GrpcAnswer answer =
            await RawRequest.GrpcAsync(server.HealthAddress, "/laser.serve.v1.Models/GetModel");

        Assert.Equal(Unimplemented, answer.Status);
    }

    [Fact]
    public async Task HealthPort_Unset_IsNotOpenedAndTlsSaysSo()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(_folder.WriteTls(_authority.Issue("one")));

        Assert.Throws<ArgumentOutOfRangeException>(() => server.HealthAddress);
        Assert.Contains(
            server.Log.AtLeast(LogLevel.Information), entry => entry.Text.StartsWith("Laser:Health:Port is not set"));
    }

    [Theory]
    [InlineData("--Laser:Health:Port=70000", "Laser:Health:Port is 70000")]
    [InlineData("--Laser:Health:Address=localhost", "Laser:Health:Address is 'localhost'")]
    public void Build_WrongSetting_IsRefusedByName(string option, string problem) =>
        Assert.Contains(problem, Assert.Throws<ArgumentException>(() => SecuredServer.Build(option)).Message);

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private Task<SecuredServer> StartAsync() => SecuredServer.StartAsync(Options());

    private string[] Options() =>
    [
        .. _folder.WriteTls(_authority.Issue("one")),
        "--Laser:Health:Port", "0",
        "--Laser:ApiKeys:Keys:0", ApiKeyTests.Key,
    ];
}
