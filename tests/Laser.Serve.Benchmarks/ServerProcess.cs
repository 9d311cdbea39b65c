using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks;

/// <summary>A server in a process of its own, on free loopback ports, so that its memory and time are its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri grpc, Uri http)
    {
        _process = process;
        Grpc = grpc;
        Http = http;
    }

    public Uri Grpc { get; }

    public Uri Http { get; }

    /// <summary>Number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>Memory of the process in RAM, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The most memory the process ever had in RAM, mapped files included, in bytes.</summary>
    public long PeakResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Threads of the process.</summary>
    public int ThreadCount
    {
        get
        {
            _process.Refresh();
            return _process.Threads.Count;
        }
    }

    /// <summary>Files and sockets that the process has open.</summary>
    public int HandleCount
    {
        get
        {
            _process.Refresh();
            return _process.HandleCount;
        }
    }

    /// <summary>Processor time of the process.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a server with the bundled model and waits until it has loaded.</summary>
    public static async Task<ServerProcess> StartAsync(params string[] args)
    {
        (int grpcPort, int httpPort) = (FreePort(), FreePort());
        string program = Path.Combine(AppContext.BaseDirectory, "Laser.Serve.dll");
        string[] all = [program, "--grpc-port", $"{grpcPort}", "--http-port", $"{httpPort}", .. args];
        var start = new ProcessStartInfo("dotnet", all) { RedirectStandardOutput = true };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var server = new ServerProcess(process, Address(grpcPort), Address(httpPort));
        await server.WaitUntilLoadedAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Uri Address(int port) => new($"http://127.0.0.1:{port}");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task WaitUntilLoadedAsync()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(Grpc);
        var models = new Models.ModelsClient(channel);
        while (!_process.HasExited)
        {
            try
            {
                await models.GetModelAsync(new GetModelRequest());
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException("The server ended while it started.");
    }
}
