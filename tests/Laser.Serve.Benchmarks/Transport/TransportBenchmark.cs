using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Transport;

/// <summary>
/// What gRPC itself costs: calls and stream messages per second, and the processor time and memory that one of them takes on either
/// side. Built with UseUpstreamPackages the same program measures the packages; grpc-upstream.sh sets the two side by side.
/// </summary>
internal static class TransportBenchmark
{
    private const int MessagesPerStream = 5000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 3 };
        var command = new Command("grpc", "The cost of a gRPC call and of a stream message.") { seconds };
        command.SetAction(async (result, _) =>
        {
            await RunAsync(TimeSpan.FromSeconds(result.GetValue(seconds)));
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(TimeSpan time)
    {
        using TransportServer server = TransportServer.Start();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Generation.GenerationClient(channel);
        Console.WriteLine($"layer {typeof(GrpcChannel).Assembly.GetName().Name}");
        Console.WriteLine(
            "what,concurrency,per_second,server_cpu_us,client_cpu_us,server_bytes,client_bytes");
        foreach (int concurrency in (int[])[1, 32])
        {
            await MeasureAsync("unary", concurrency, server, time, () => CallAsync(client));
            await MeasureAsync("stream", concurrency, server, time, () => StreamAsync(client));
        }
    }

    private static async Task<int> CallAsync(Generation.GenerationClient client)
    {
        await client.GenerateOnceAsync(new GenerateRequest { Prompt = "Once upon a time", MaxTokens = 1 });
        return 1;
    }

    private static async Task<int> StreamAsync(Generation.GenerationClient client)
    {
        using var call = client.Generate(new GenerateRequest { Prompt = "Once upon a time", MaxTokens = MessagesPerStream });
        int count = 0;
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            count++;
        }

        return count;
    }

    private static async Task MeasureAsync(
        string what, int concurrency, TransportServer server, TimeSpan time, Func<Task<int>> operation)
    {
        await RepeatAsync(concurrency, WarmUp, operation);
        Usage serverBefore = server.Measure();
        Usage clientBefore = Usage.OfThisProcess();
        long start = Stopwatch.GetTimestamp();
        long count = await RepeatAsync(concurrency, time, operation);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Usage clientAfter = Usage.OfThisProcess();
        Usage serverAfter = server.Measure();

        double[] figures =
        [
            count / elapsed,
            (serverAfter.CpuMicroseconds - serverBefore.CpuMicroseconds) / count,
            (clientAfter.CpuMicroseconds - clientBefore.CpuMicroseconds) / count,
            (serverAfter.AllocatedBytes - serverBefore.AllocatedBytes) / count,
            (clientAfter.AllocatedBytes - clientBefore.AllocatedBytes) / count,
        ];
        Console.WriteLine($"{what},{concurrency},"
            + string.Join(',', figures.Select(figure => figure.ToString("0.##", CultureInfo.InvariantCulture))));
    }

    private static async Task<long> RepeatAsync(int concurrency, TimeSpan time, Func<Task<int>> operation)
    {
        long end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        long[] counts = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            long count = 0;
            while (Stopwatch.GetTimestamp() < end)
            {
                count += await operation();
            }

            return count;
        })));
        return counts.Sum();
    }
}
