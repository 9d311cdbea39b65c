using System.CommandLine;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laser.Serve.Benchmarks.Transport;

/// <summary>
/// The server of the benchmark, in a process of its own so that what it uses can be told from what the client uses. It prints its
/// address, and for each line it reads what it has used; at the end of its input it ends.
/// </summary>
internal sealed class TransportServer : IDisposable
{
    private const string CommandName = "grpc-server";

    private readonly Process _process;

    private TransportServer(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static Command Create()
    {
        var command = new Command(CommandName, "The server of the grpc benchmark, for its own use.") { Hidden = true };
        command.SetAction(async (_, _) =>
        {
            await RunAsync();
            return 0;
        });
        return command;
    }

    public static TransportServer Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [CommandName])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        string address = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("The server ended while it started.");
        return new TransportServer(process, new Uri(address));
    }

    public Usage Measure()
    {
        _process.StandardInput.WriteLine();
        return Usage.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server ended."));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task RunAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<CannedGeneration>();
        builder.Services.AddGrpc();
        await using WebApplication application = builder.Build();
        application.MapGrpcService<CannedGeneration>();
        await application.StartAsync();

        Console.WriteLine(application.Urls.Single());
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(Usage.OfThisProcess());
        }
    }
}
