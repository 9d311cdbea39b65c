using Laser.Serve.Hosting;
using Laser.Serve.Model.Loading;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Cli.Commands;

/// <summary>A server in this process, on free loopback ports, that shows how far loading is.</summary>
internal static class DemoServer
{
    /// <returns>The server with its model loaded, or null after an error that has been printed.</returns>
    public static async Task<WebApplication?> StartAsync(DirectoryInfo? model, CancellationToken cancellationToken)
    {
        var progress = new LoadProgressDisplay();
        string[] modelArgs = model is null ? [] : ["--model", model.FullName];
        string[] args = ["--grpc-port", "0", "--http-port", "0", .. modelArgs];
        WebApplication server = LaserServer.Build(args, builder =>
        {
            builder.Logging.ClearProviders(); // the terminal is for the text
            builder.Services.AddSingleton<IProgress<LoadProgress>>(progress);
        });
        try
        {
            await server.StartAsync(cancellationToken);
            await progress.ShowAsync(server.Services.GetRequiredService<ModelState>().Loaded);
            return server;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"Cannot start: {e.Message}");
            await server.DisposeAsync();
            return null;
        }
    }
}
