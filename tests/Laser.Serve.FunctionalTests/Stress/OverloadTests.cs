using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Stress;

public class OverloadTests
{
    [Fact]
    public async Task Generate_QueueFull_IsRefusedAtOnceWithRetryInfo()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            "--Laser:Engine:MaxRunningSequences=1", "--Laser:Engine:MaxQueuedRequests=1");
        using var cancel = new CancellationTokenSource();
        Task running = server.CollectAsync(Long(), cancel.Token);
        await UntilAsync(() => server.Engine.Snapshot is { RunningCount: 1, WaitingCount: 0 });
        Task waiting = server.CollectAsync(Long(), cancel.Token);
        await UntilAsync(() => server.Engine.Snapshot.WaitingCount == 1);

        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => new Generation.GenerationClient(channel).GenerateOnceAsync(Long()).ResponseAsync);

        Assert.False(running.IsCompleted || waiting.IsCompleted); // not after somebody made room
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Equal("QUEUE_FULL", e.Reason());
        Assert.True(e.RetryAfter() > TimeSpan.Zero);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => running);
        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        await server.WhenIdleAsync();
    }

    [Fact]
    public async Task Generate_ReaderThatDoesNotRead_SlowsNobodyAndLosesNothing()
    {
        // Log-probabilities make the answer many times what the connection's window holds.
        await using RunningServer server = await RunningServer.StartAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        GenerateRequest big = Long();
        big.N = 4;
        big.Output = new OutputParams { Logprobs = 20 };
        using AsyncServerStreamingCall<GenerateResponse> slow = new Generation.GenerationClient(channel).Generate(big);
        Assert.True(await slow.ResponseStream.MoveNext(CancellationToken.None));
        List<GenerateResponse> read = [slow.ResponseStream.Current];

        List<GenerateResponse> other = await server.CollectAsync(Long());
        await server.WhenIdleAsync(); // also what nobody reads comes to its end and gives its blocks back

        while (await slow.ResponseStream.MoveNext(CancellationToken.None))
        {
            read.Add(slow.ResponseStream.Current);
        }

        Assert.Equal(900, other.Sum(r => r.TokenIds.Count));
        Assert.Equal(4 * 900, read.Sum(r => r.TokenIds.Count));
        Assert.Equal(4 * 900, read.Sum(r => r.Logprobs.Count));
        Assert.True(read.Sum(r => r.CalculateSize()) > 10 * 65_535);
        Assert.Equal(4, read.Count(r => r.Finish is not null));
    }

    private static GenerateRequest Long() => new()
    {
        Prompt = "Once upon a time",
        MaxTokens = 900,
        Stop = new StopParams { IgnoreEos = true },
    };

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
        }
    }
}
