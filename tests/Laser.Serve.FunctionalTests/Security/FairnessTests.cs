using Grpc.Core;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Security;

/// <summary>Whose a request is comes from its API key, whatever way it came.</summary>
public class FairnessTests
{
    private const string First = "first-key-0123456789abcdef";
    private const string Second = "second-key-0123456789abcdef";

    [Fact]
    public async Task Generate_AnotherKeyWaitsBehindTheNextOfTheFirst_IsServedBeforeIt()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(
            "--Laser:ApiKeys:Keys:0", First, "--Laser:ApiKeys:Keys:1", Second, "--Laser:Engine:MaxRunningSequences", "1");
        EngineGroup engine = await server.LoadedAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        using AsyncServerStreamingCall<GenerateResponse> running = Start(channel, First);
        Assert.True(await running.ResponseStream.MoveNext(CancellationToken.None));
        using AsyncServerStreamingCall<GenerateResponse> next = Start(channel, First);
        await UntilAsync(() => engine.Snapshot.WaitingCount == 1);
        using AsyncServerStreamingCall<GenerateResponse> other = Start(channel, Second);
        await UntilAsync(() => engine.Snapshot.WaitingCount == 2);
        Task<bool> nextAnswers = next.ResponseStream.MoveNext(CancellationToken.None);

        running.Dispose();

        Assert.True(await other.ResponseStream.MoveNext(CancellationToken.None));
        Assert.False(nextAnswers.IsCompleted); // only one runs at a time
        other.Dispose();
        Assert.True(await nextAnswers);
    }

    private static AsyncServerStreamingCall<GenerateResponse> Start(TestChannel channel, string key)
    {
        GenerateRequest request = RunningServer.Request("Once upon a time", 900);
        request.Stop = new StopParams { IgnoreEos = true };
        return channel.Generation.Generate(request, new Metadata { { "x-api-key", key } });
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
        }
    }
}
