using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Client.Tests.Fakes;

/// <summary>
/// A real gRPC server on a loopback port that answers Generation calls and GetModel as its script says, one answer per
/// call, and with two tokens when the script is at its end.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<Answer> _script = new();
    private readonly ConcurrentQueue<ReceivedCall> _calls = new();
    private readonly WebApplication _application;

    private FakeServer(IPEndPoint endPoint, Action<ListenOptions>? listen)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(endPoint, options =>
        {
            options.Protocols = HttpProtocols.Http2;
            listen?.Invoke(options);
        }));
        builder.Services.AddSingleton(this);
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = null);
        _application = builder.Build();
        _application.MapGrpcService<FakeGeneration>();
        _application.MapGrpcService<FakeModels>();
        _application.MapGrpcService<FakeTokenization>();
        _application.MapGrpcService<FakeServerService>();
    }

    /// <summary>The calls that arrived, in order.</summary>
    public IReadOnlyList<ReceivedCall> Calls => [.. _calls];

    public Uri Address => new(_application.Urls.Single());

    public static async Task<FakeServer> StartAsync(
        Action<ListenOptions>? listen = null, IPAddress? ip = null, int port = 0)
    {
        var server = new FakeServer(new IPEndPoint(ip ?? IPAddress.Loopback, port), listen);
        await server._application.StartAsync();
        return server;
    }

    /// <summary>Adds answers to the script.</summary>
    public FakeServer Then(params Answer[] answers)
    {
        foreach (Answer answer in answers)
        {
            _script.Enqueue(answer);
        }

        return this;
    }

    public void ClearScript() => _script.Clear();

    public Answer Receive(IMessage request, ServerCallContext context)
    {
        _calls.Enqueue(new ReceivedCall(request, context.RequestHeaders, context.Deadline, context.Peer));
        return _script.TryDequeue(out Answer? answer) ? answer : Script.Tokens(2);
    }

    /// <summary>Closes the port, and ends when the calls that run have ended.</summary>
    public Task DrainAsync() => _application.StopAsync();

    /// <summary>Closes the port and cuts every connection.</summary>
    public async Task DieAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await DieAsync();
        await _application.DisposeAsync();
    }
}
