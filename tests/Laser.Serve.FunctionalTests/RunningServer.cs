using Laser.Client;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests;

/// <summary>A server with the bundled model on free loopback ports, its client, and a look inside.</summary>
public sealed class RunningServer : IAsyncLifetime, IAsyncDisposable
{
    private readonly string[] _args;
    private WebApplication? _app;

    public RunningServer()
        : this([])
    {
    }

    private RunningServer(string[] args) => _args = args;

    public LaserClient Client { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public Uri GrpcAddress { get; private set; } = null!;

    public ServedModel Model { get; private set; } = null!;

    public EngineGroup Engine => Model.Engine;

    /// <summary>A server of its own for one test, with settings of its own.</summary>
    public static async Task<RunningServer> StartAsync(params string[] args)
    {
        var server = new RunningServer(args);
        await server.InitializeAsync();
        return server;
    }

    public async Task InitializeAsync()
    {
        _app = LaserServer.Build(
            ["--grpc-port", "0", "--http-port", "0", .. _args], builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        await _app.StartAsync();
        GrpcAddress = LaserServer.GrpcAddress(_app);
        Client = new LaserClient(GrpcAddress);
        Http = new HttpClient { BaseAddress = LaserServer.HttpAddress(_app) };
        Model = await _app.Services.GetRequiredService<ModelState>().Loaded;
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    /// <summary>Drains it and closes its sockets.</summary>
    public Task StopAsync() => _app!.StopAsync();

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    /// <summary>A greedy request.</summary>
    public static GenerateRequest Request(string prompt, uint maxTokens) => new()
    {
        Prompt = prompt,
        MaxTokens = maxTokens,
        Sampling = new SamplingParams { Temperature = 0 },
    };

    /// <summary>A stream, gathered.</summary>
    public async Task<List<GenerateResponse>> CollectAsync(
        GenerateRequest request, CancellationToken cancellationToken = default)
    {
        var responses = new List<GenerateResponse>();
        await foreach (GenerateResponse response in Client.GenerateAsync(request, cancellationToken))
        {
            responses.Add(response);
        }

        return responses;
    }

    /// <summary>Waits until the engine has nothing to do; the test's time limit is the bound.</summary>
    public async Task WhenIdleAsync()
    {
        while (Engine.Snapshot is { RunningCount: > 0 } or { WaitingCount: > 0 } or { UsedBlockCount: > 0 })
        {
            await Task.Delay(5);
        }
    }
}
