using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.FunctionalTests.Metrics;
using Laser.Serve.FunctionalTests.Security;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.Health;
using Laser.Serve.V1;
using Microsoft.Extensions.DependencyInjection;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.FunctionalTests.Recovery;

/// <summary>A server whose device can be lost, and whose clock moves when told to.</summary>
internal sealed class RecoveringServer : IAsyncDisposable
{
    private RecoveringServer(SecuredServer server, LosableDevice device)
    {
        Server = server;
        Device = device;
        Channel = GrpcChannel.ForAddress(server.GrpcAddress);
        Http = new HttpClient { BaseAddress = server.HttpAddress };
    }

    public SecuredServer Server { get; }

    public LosableDevice Device { get; }

    public GrpcChannel Channel { get; }

    public HttpClient Http { get; }

    public ModelState State => Server.App.Services.GetRequiredService<ModelState>();

    public static async Task<RecoveringServer> StartAsync(params string[] args)
    {
        var device = new LosableDevice();
        SecuredServer server = SecuredServer.Build(
            services => services.AddSingleton<BackendSource>(device.Create), args);
        await server.App.StartAsync();
        await server.LoadedAsync();
        return new RecoveringServer(server, device);
    }

    public AsyncUnaryCall<GenerateOnceResponse> Ask(string prompt, uint tokens) =>
        new Generation.GenerationClient(Channel).GenerateOnceAsync(Request(prompt, tokens));

    public AsyncServerStreamingCall<GenerateResponse> Stream(string prompt, uint tokens) =>
        new Generation.GenerationClient(Channel).Generate(Request(prompt, tokens));

    /// <summary>Loses the device while it answers a call, which fails.</summary>
    public async Task<RpcException> LoseAsync()
    {
        Device.LoseAtStep(1);
        Device.Lose();
        return await Assert.ThrowsAsync<RpcException>(() => Ask("The king", 4).ResponseAsync);
    }

    /// <summary>Waits until the server stands there; the test's time limit is the bound.</summary>
    public async Task WhenAsync(ServingState wanted)
    {
        (ServingState current, Task changed) = State.Observe();
        while (current != wanted)
        {
            await changed;
            (current, changed) = State.Observe();
        }
    }

    public AsyncServerStreamingCall<HealthCheckResponse> Watch(string service) =>
        new Protocol.Health.Health.HealthClient(Channel).Watch(new HealthCheckRequest { Service = service });

    public async Task<ServingStatus> HealthAsync(string service) =>
        (await new Protocol.Health.Health.HealthClient(Channel).CheckAsync(new HealthCheckRequest { Service = service })).Status;

    public async Task<HttpStatusCode> ProbeAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(path);
        return response.StatusCode;
    }

    /// <summary>The value of a series of /metrics.</summary>
    public async Task<string> MetricAsync(string series) => Assert.Single(
        (await Scrape.TakeAsync(Http)).Samples,
        line => line.StartsWith(series + " ", StringComparison.Ordinal))[(series.Length + 1)..];

    public async ValueTask DisposeAsync()
    {
        Device.Dispose();
        Channel.Dispose();
        Http.Dispose();
        await Server.DisposeAsync();
    }

    private static GenerateRequest Request(string prompt, uint tokens)
    {
        GenerateRequest request = RunningServer.Request(prompt, tokens);
        request.Stop = new StopParams { IgnoreEos = true };
        request.Output = new OutputParams { TokenIds = true };
        return request;
    }
}
