using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Laser.Grpc.Tests.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>The echo service on a port of its own on the loopback interface, HTTP/2 without encryption.</summary>
public class EchoServer : IAsyncLifetime
{
    private readonly WebApplication _application;
    private readonly TaskCompletionSource _silenceEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GrpcChannel? _channel;

    public EchoServer()
        : this(_ => { })
    {
    }

    internal EchoServer(
        Action<GrpcServiceOptions> configure,
        HttpProtocols protocols = HttpProtocols.Http2,
        Action<Http2Limits>? limits = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(Logs).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            limits?.Invoke(kestrel.Limits.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });
        builder.Services.AddSingleton(Probes);
        builder.Services.AddGrpc(configure);

        _application = builder.Build();
        _application.MapGrpcService<EchoService>();
        _application.MapGet("/plain", () => "plain");
        _application.MapPost("/raw/Silent", NeverAnswerAsync);
        RawEndpoints.Map(_application);
    }

    internal CallProbes Probes { get; } = new();

    internal LogCapture Logs { get; } = new();

    internal Uri Address => new(_application.Urls.Single());

    internal Echo.EchoClient Client => new(_channel!);

    /// <summary>A channel with a connection of its own, to be disposed by the caller.</summary>
    internal GrpcChannel Connect(GrpcChannelOptions? options = null) =>
        GrpcChannel.ForAddress(Address, options ?? new GrpcChannelOptions());

    /// <summary>
    /// Completes when a client has given up a call of "raw/Silent", which has no answer and no deadline.
    /// </summary>
    internal Task SilenceEnded => _silenceEnded.Task;

    public async Task InitializeAsync()
    {
        await _application.StartAsync();
        _channel = Connect();
    }

    public async Task DisposeAsync()
    {
        _channel?.Dispose();
        Probes.ReleaseAll();
        await _application.DisposeAsync();
    }

    private async Task NeverAnswerAsync(HttpContext context)
    {
        await Task.Delay(Timeout.Infinite, context.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _silenceEnded.TrySetResult();
    }
}
