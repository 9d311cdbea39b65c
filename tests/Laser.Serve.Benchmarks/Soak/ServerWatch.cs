using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.Health;
using Laser.Serve.V1;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>Looks at the server from outside, once a second: what it holds, and whether it says that it serves.</summary>
internal sealed class ServerWatch(ServerProcess server, SoakTally tally)
{
    private readonly List<Look> _looks = [];
    private readonly List<double> _health = [];

    /// <summary>What the process holds now.</summary>
    public Look Now => new(server.ResidentBytes / 1048576.0, server.ThreadCount, server.HandleCount);

    public IReadOnlyList<Look> Looks => _looks;

    /// <summary>Milliseconds that a health check took.</summary>
    public IReadOnlyList<double> Health => _health;

    /// <summary>Looks until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(server.Grpc);
        var health = new Protocol.Health.Health.HealthClient(channel);
        while (!stop.IsCancellationRequested)
        {
            await CheckAsync(health);
            _looks.Add(Now);
            await Task.Delay(1000, CancellationToken.None);
        }
    }

    /// <summary>Waits until the engine is idle and returns its load; after a time as it is.</summary>
    public async Task<ServerLoad> WhenIdleAsync(TimeSpan limit)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(server.Grpc);
        var client = new V1.Server.ServerClient(channel);
        long start = Stopwatch.GetTimestamp();
        ServerLoad load;
        do
        {
            await Task.Delay(100);
            load = await client.GetLoadAsync(new GetLoadRequest());
        }
        while (load.RunningSequences + load.WaitingRequests + load.UsedBlocks > 0 && Stopwatch.GetElapsedTime(start) < limit);

        return load;
    }

    private async Task CheckAsync(Protocol.Health.Health.HealthClient health)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            DateTime deadline = DateTime.UtcNow + TimeSpan.FromSeconds(10);
            ServingStatus status = (await health.CheckAsync(new HealthCheckRequest(), deadline: deadline)).Status;
            _health.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (status != ServingStatus.Serving)
            {
                tally.Violated($"health is {status}");
            }
        }
        catch (RpcException e)
        {
            tally.Violated($"health does not answer: {e.Status}");
        }
    }

    /// <summary>Memory in MiB, threads, open files and sockets.</summary>
    internal readonly record struct Look(double Memory, int Threads, int Handles);
}
