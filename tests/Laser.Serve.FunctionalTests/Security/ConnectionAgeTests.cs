using Grpc.Core;
using Laser.Serve.Security;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Security;

public class ConnectionAgeTests
{
    private static readonly string[] Aged =
        ["--Laser:Grpc:MaxConnectionAgeSeconds", "100", "--Laser:Grpc:MaxConnectionAgeGraceSeconds", "50"];

    // The age, and the most that is added to it at random.
    private static readonly TimeSpan SurelyOld = TimeSpan.FromSeconds(110);
    private static readonly TimeSpan SurelyYoung = TimeSpan.FromSeconds(89);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(50);

    [Fact]
    public async Task Connection_Old_IsReplacedWithoutAFailedCall()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(Aged);
        using var channel = new TestChannel(server.GrpcAddress);
        await channel.CallAsync();

        for (int age = 0; age < 10; age++)
        {
            server.Clock.Advance(SurelyOld);
            StatusCode[] calls = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => channel.CallAsync()));
            Assert.All(calls, status => Assert.Equal(StatusCode.OK, status));

            await UntilAsync(channel, connections: age + 2);
        }
    }

    [Fact]
    public async Task Connection_Young_IsKept()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(Aged);
        using var channel = new TestChannel(server.GrpcAddress);
        await channel.CallAsync();

        server.Clock.Advance(SurelyYoung);
        for (int call = 0; call < 20; call++)
        {
            Assert.Equal(StatusCode.OK, await channel.CallAsync());
        }

        Assert.Equal(1, channel.Connections);
    }

    [Fact]
    public async Task Connections_Ended_LeaveNoTimer()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(Aged);
        await server.LoadedAsync();
        int before = server.Clock.Timers;

        TestChannel[] channels = [.. Enumerable.Range(0, 16).Select(_ => new TestChannel(server.GrpcAddress))];
        await Task.WhenAll(channels.Select(channel => channel.CallAsync()));
        Assert.InRange(server.Clock.Timers, before + channels.Length, int.MaxValue);
        server.Clock.Advance(SurelyOld);
        await Task.WhenAll(channels.Take(8).Select(channel => channel.CallAsync())); // these get GOAWAY, the others none
        foreach (TestChannel channel in channels)
        {
            channel.Dispose();
        }

        await UntilTimersAsync(server, before);
    }

    [Fact]
    public async Task Connection_OldAndIdle_WaitsForItsNextCall()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(Aged);
        using var channel = new TestChannel(server.GrpcAddress);
        await channel.CallAsync();

        server.Clock.Advance(SurelyOld);
        server.Clock.Advance(Grace);

        Assert.Equal(StatusCode.OK, await channel.CallAsync());
        Assert.Equal(1, channel.Connections); // the answer came over the old one
        await UntilAsync(channel, connections: 2);
    }

    [Fact]
    public async Task Connection_Closing_EndsWhenNoCallCanBeOnItsWay()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(Aged);
        int before = server.Clock.Timers;
        using var channel = new TestChannel(server.GrpcAddress);
        await channel.CallAsync();
        server.Clock.Advance(SurelyOld);
        await channel.CallAsync();

        // One of the connection, and one of the call that lingers once its answer is out; or none any more, where the
        // client, which has nothing to wait for, has closed the connection already.
        await UntilTimersAsync(server, before + 2, before);
        server.Clock.Advance(ConnectionAge.Linger);

        await UntilTimersAsync(server, before);
    }

    [Fact]
    public async Task Stream_OnAnOldConnection_RunsToItsEnd()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(Aged);
        await server.LoadedAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        using AsyncServerStreamingCall<GenerateResponse> stream =
            channel.Generation.Generate(RunningServer.Request("Once upon a time", 400));
        Assert.True(await stream.ResponseStream.MoveNext(default));

        server.Clock.Advance(SurelyOld);
        await UntilAsync(channel, connections: 2);

        Finish? finish = null;
        while (await stream.ResponseStream.MoveNext(default))
        {
            finish = stream.ResponseStream.Current.Finish;
        }

        Assert.Equal(400u, finish?.Usage.GeneratedTokens);
    }

    [Fact]
    public async Task Stream_AfterTheGraceTime_IsCutAndFreesItsBlocks()
    {
        await using SecuredServer server = await SecuredServer.StartAsync(Aged);
        Engine.Balancing.EngineGroup engine = await server.LoadedAsync();
        using var channel = new TestChannel(server.GrpcAddress);
        GenerateRequest request = RunningServer.Request("Once upon a time", 1000);
        request.N = 6; // as many as the cache holds: it cannot be done before it is cut
        request.Stop = new StopParams { IgnoreEos = true };
        using AsyncServerStreamingCall<GenerateResponse> stream = channel.Generation.Generate(request);
        Assert.True(await stream.ResponseStream.MoveNext(default));

        server.Clock.Advance(SurelyOld);
        server.Clock.Advance(Grace);

        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(default))
            {
            }
        });
        while (engine.Snapshot.UsedBlockCount > 0)
        {
            await Task.Delay(5);
        }
    }

    // The test's time limit is the bound.
    private static async Task UntilTimersAsync(SecuredServer server, params int[] counts)
    {
        while (!counts.Contains(server.Clock.Timers))
        {
            await Task.Delay(5);
        }
    }

    // Calls until a further connection is open; the test's time limit is the bound.
    private static async Task UntilAsync(TestChannel channel, int connections)
    {
        while (channel.Connections < connections)
        {
            Assert.Equal(StatusCode.OK, await channel.CallAsync());
        }
    }
}
