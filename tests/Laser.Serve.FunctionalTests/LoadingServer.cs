using Laser.Serve.Hosting;
using Laser.Serve.Model.Loading;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.FunctionalTests;

/// <summary>A server that listens and goes on loading until it is told to finish.</summary>
internal sealed class LoadingServer : IAsyncDisposable
{
    private readonly TaskCompletionSource _opened = new();

    private LoadingServer() => App = LaserServer.Build(
        ["--grpc-port", "0", "--http-port", "0"],
        builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.None);
            builder.Services.AddSingleton<IProgress<LoadProgress>>(new Gate(_opened.Task));
        });

    public WebApplication App { get; }

    public Uri GrpcAddress => LaserServer.GrpcAddress(App);

    public static async Task<LoadingServer> StartAsync()
    {
        var server = new LoadingServer();
        await server.App.StartAsync();
        return server;
    }

    /// <summary>Lets it finish, and waits for it.</summary>
    public Task FinishAsync()
    {
        _opened.TrySetResult();
        return App.Services.GetRequiredService<ModelState>().Loaded;
    }

    public async ValueTask DisposeAsync()
    {
        await FinishAsync();
        await App.StopAsync();
        await App.DisposeAsync();
    }

    // Holds loading up until it is opened.
    private sealed class Gate(Task opened) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => opened.Wait();
    }
}
