using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Streams;

/// <summary>A number of streams, each of which is followed by another until the time is up.</summary>
internal sealed class StreamLoad(Uri address, int streamCount, int streamsPerConnection, uint tokensPerStream)
{
    private int _finished;
    private int _open;
    private int _mostOpen;
    private long _tokens;
    private TimeSpan _elapsed;

    public int FinishedCount => _finished;

    public int MostOpen => _mostOpen;

    public int FailureCount => Failures.Count;

    public ConcurrentBag<string> Failures { get; } = [];

    public double TokensPerSecond => _tokens / _elapsed.TotalSeconds;

    public async Task RunAsync(TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        int connections = (streamCount + streamsPerConnection - 1) / streamsPerConnection;
        GrpcChannel[] channels = [.. Enumerable.Range(0, connections).Select(_ => GrpcChannel.ForAddress(address))];
        await Task.WhenAll(Enumerable.Range(0, streamCount).Select(async number =>
        {
            var client = new Generation.GenerationClient(channels[number % channels.Length]);
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                await StreamAsync(client);
            }
        }));
        _elapsed = Stopwatch.GetElapsedTime(start);
        Array.ForEach(channels, channel => channel.Dispose());
    }

    private async Task StreamAsync(Generation.GenerationClient client)
    {
        var request = new GenerateRequest
        {
            Prompt = "Once upon a time",
            MaxTokens = tokensPerStream,
            Stop = new StopParams { IgnoreEos = true },
        };
        uint tokens = 0;
        Finish? finish = null;
        int open = Interlocked.Increment(ref _open);
        InterlockedMax(ref _mostOpen, open);
        try
        {
            using AsyncServerStreamingCall<GenerateResponse> call = client.Generate(request);
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                tokens += (uint)call.ResponseStream.Current.TokenIds.Count;
                finish = call.ResponseStream.Current.Finish;
            }

            Interlocked.Increment(ref _finished);
            Interlocked.Add(ref _tokens, tokens);
            if (finish is null || tokens != tokensPerStream)
            {
                Failures.Add($"ended after {tokens} tokens, {(finish is null ? "without" : "with")} a finish");
            }
        }
        catch (RpcException e)
        {
            Failures.Add($"{e.StatusCode}: {e.Status.Detail}");
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private static void InterlockedMax(ref int location, int value)
    {
        int seen = Volatile.Read(ref location);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref location, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
