using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Laser.Serve.FunctionalTests.Security;

/// <summary>
/// Every route of the server is asked for without a key, on every port: a new one is guarded, or it is in the list here.
/// </summary>
public partial class EndpointGuardTests
{
    private const string Unauthenticated = "16";

    private static readonly string[] Open = ["/", "/favicon.ico", "/healthz", "/readyz"];

    [Fact]
    public async Task Endpoints_WithoutAKey_AreRefusedUnlessListedHere()
    {
        await using SecuredServer server = await StartAsync();
        string[] paths = Paths(server.App);
        Assert.Contains("/metrics", paths);
        Assert.Contains("/laser.serve.v1.Generation/Generate", paths);

        foreach (string path in paths)
        {
            RawRequest.GrpcAnswer grpc = await RawRequest.GrpcAsync(server.GrpcAddress, path);
            Assert.True(IsOpen(path) == (grpc.Status != Unauthenticated), $"gRPC {path}: {grpc}");
            foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post, HttpMethod.Options])
            {
                RawRequest.HttpAnswer http = await RawRequest.HttpAsync(method, new Uri(server.HttpAddress, path));
                bool isRefused = http.Status == HttpStatusCode.Unauthorized;
                Assert.True(IsOpen(path) != isRefused, $"{method} {path}: {http}");
            }
        }
    }

    [Fact]
    public async Task Endpoints_WithAKey_AreReached()
    {
        await using SecuredServer server = await StartAsync();
        (string, string) key = ("x-api-key", ApiKeyTests.Key);

        foreach (string path in Paths(server.App))
        {
            RawRequest.GrpcAnswer grpc = await RawRequest.GrpcAsync(server.GrpcAddress, path, key);
            Assert.True(grpc.Status != Unauthenticated, path);
            RawRequest.HttpAnswer http =
                await RawRequest.HttpAsync(HttpMethod.Get, new Uri(server.HttpAddress, path), null, key);
            Assert.True(http.Status != HttpStatusCode.Unauthorized, path);
        }
    }

    [Theory]
    [InlineData("/HEALTHZ/../metrics")]
    [InlineData("/healthz/../metrics")]
    [InlineData("//metrics")]
    [InlineData("/metrics/")]
    [InlineData("/Metrics")]
    [InlineData("/%6detrics")]
    [InlineData("/healthz/%2e%2e/metrics")]
    [InlineData("/grpc.health.v1.Health")]
    [InlineData("/grpc.health.v1.Health%2f..%2fmetrics")]
    [InlineData("/not-there-at-all")]
    public async Task Path_ThatIsNotExactlyAnOpenOne_IsRefused(string path)
    {
        await using SecuredServer server = await StartAsync();

        RawRequest.HttpAnswer answer = await RawRequest.HttpAsync(HttpMethod.Get, new Uri(server.HttpAddress + path[1..]));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
    }

    private static bool IsOpen(string path) =>
        Open.Contains(path) || path.StartsWith("/grpc.health.v1.Health/", StringComparison.Ordinal);

    // What short-circuits routing would get around a guard that comes after it.
    private static async Task<SecuredServer> StartAsync()
    {
        SecuredServer server = SecuredServer.Build("--Laser:ApiKeys:Keys:0", ApiKeyTests.Key);
        server.App.MapGet("/short", () => "in").ShortCircuit();
        server.App.MapFallback("/anything/{**rest}", () => "in");
        await server.App.StartAsync();
        return server;
    }

    private static string[] Paths(IEndpointRouteBuilder app) =>
    [
        .. app.DataSources
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .Select(endpoint => "/" + Parameter().Replace(endpoint.RoutePattern.RawText!.TrimStart('/'), "x"))
            .Distinct(),
    ];

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
