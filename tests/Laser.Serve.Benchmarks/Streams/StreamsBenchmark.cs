using System.CommandLine;
using System.Diagnostics;
using Grpc.Net.Client;
using Laser.Serve.Protocol.Health;

namespace Laser.Serve.Benchmarks.Streams;

/// <summary>
/// Holds many streams open at once, each replaced when it ends, and asks for health meanwhile. Counts what was dropped,
/// and looks at the server's memory and at the time that health takes to answer.
/// </summary>
internal static class StreamsBenchmark
{
    private const int StreamsPerConnection = 100;

    public static Command Create()
    {
        var streams = new Option<int>("--streams") { DefaultValueFactory = _ => 500 };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60 };
        var tokens = new Option<uint>("--tokens") { DefaultValueFactory = _ => 128 };
        var command = new Command("streams", "Many concurrent streams: drops, memory, health.") { streams, seconds, tokens };
        command.SetAction(async (result, cancellationToken) =>
        {
            int count = result.GetValue(streams);
            await using ServerProcess server = await ServerProcess.StartAsync($"--Laser:Engine:MaxQueuedRequests={2 * count}");
            var load = new StreamLoad(server.Grpc, count, StreamsPerConnection, result.GetValue(tokens));
            var probes = new List<double>();
            var memory = new List<double>();
            Task running = load.RunAsync(TimeSpan.FromSeconds(result.GetValue(seconds)));
            await ProbeAsync(server, running, probes, memory);
            await running;
            Print(count, load, probes, memory);
            return load.FailureCount == 0 ? 0 : 1;
        });
        return command;
    }

    // Ten times a second, over a connection of its own, as a probe does it.
    private static async Task ProbeAsync(ServerProcess server, Task running, List<double> probes, List<double> memory)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(server.Grpc);
        var health = new Protocol.Health.Health.HealthClient(channel);
        await health.CheckAsync(new HealthCheckRequest());
        while (!running.IsCompleted)
        {
            long start = Stopwatch.GetTimestamp();
            await health.CheckAsync(new HealthCheckRequest());
            probes.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            memory.Add(server.ResidentBytes / 1048576.0);
            await Task.Delay(100);
        }
    }

    private static void Print(int count, StreamLoad load, List<double> probes, List<double> memory)
    {
        int third = memory.Count / 3;
        Console.WriteLine($"""
            | figure | value |
            |---|---|
            | streams held open | {count} |
            | streams finished | {load.FinishedCount} |
            | streams dropped or failed | {load.FailureCount} |
            | most open at once | {load.MostOpen} |
            | tokens/s, all streams | {Figures.Text(load.TokensPerSecond, "0")} |
            | health, median | {Figures.Text(Figures.Median(probes))} ms |
            | health, p99 | {Figures.Text(Figures.Percentile(probes, 0.99))} ms |
            | server memory, largest in the first third | {Figures.Text(memory.Take(third).Max(), "0")} MiB |
            | server memory, largest in the last third | {Figures.Text(memory.Skip(2 * third).Max(), "0")} MiB |
            """);
        foreach (IGrouping<string, string> failure in load.Failures.GroupBy(text => text))
        {
            Console.WriteLine($"failed {failure.Count()} times: {failure.Key}");
        }
    }
}
