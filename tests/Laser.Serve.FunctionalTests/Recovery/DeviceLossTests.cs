using System.Net;
using Grpc.Core;
using Laser.Serve.Hosting;
using Laser.Serve.Protocol.Health;
using Laser.Serve.V1;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.FunctionalTests.Recovery;

/// <summary>A server that loses its device loads its model again, and says meanwhile what is going on.</summary>
public sealed class DeviceLossTests
{
    private const string Prompt = "Once upon a time";

    [Fact]
    public async Task Lost_WhileAStreamRunsAndACallWaits_EndsBothAndServesAgainWithTheSameTokens()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync("--Laser:Engine:MaxRunningSequences=1");
        GenerateOnceResponse before = await server.Ask(Prompt, 40);
        string capacity = await server.MetricAsync("laser_kv_blocks_capacity");
        using AsyncServerStreamingCall<HealthCheckResponse> whole = server.Watch("");
        await AssertNext(whole, ServingStatus.Serving);
        server.Device.LoseAtStep(20);
        using AsyncServerStreamingCall<GenerateResponse> stream = server.Stream(Prompt, 500);
        await server.Device.Reached;
        Task<GenerateOnceResponse> waiting = server.Ask("The queen", 4).ResponseAsync;
        ServedModel model = await server.State.Loaded;
        while (model.Engine.WaitingCount == 0)
        {
            await Task.Delay(1);
        }

        server.Device.Hold();
        server.Device.Lose();

        (int tokens, RpcException cut) = await ReadAsync(stream);
        Assert.Equal((StatusCode.Aborted, "ABORTED"), (cut.StatusCode, cut.Reason()));
        Assert.Equal(19, tokens);
        RpcException lost = await Assert.ThrowsAsync<RpcException>(() => waiting);
        Assert.Equal((StatusCode.Unavailable, "DEVICE_LOST"), (lost.StatusCode, lost.Reason()));
        Assert.True(lost.RetryAfter() > TimeSpan.Zero);
        await AssertNext(whole, ServingStatus.NotServing);
        await AssertIsRecovering(server);

        server.Device.Release();
        await AssertNext(whole, ServingStatus.Serving);
        GenerateOnceResponse after = await server.Ask(Prompt, 40);
        Assert.Equal(before.Sequences.Single().TokenIds, after.Sequences.Single().TokenIds);
        Assert.Equal((2, 1), (server.Device.TryCount, server.Device.LivingCount));
        Assert.Equal("1", await server.MetricAsync("laser_recoveries_total{outcome=\"recovered\"}"));
        Assert.Equal(capacity, await server.MetricAsync("laser_kv_blocks_capacity"));
        Assert.Single(server.Server.Log.Entries, e => e.Text.Contains("Engine 0 serves again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lost_FirstTryFails_IsTriedAgainLater()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync();
        server.Device.Refusal = new InvalidOperationException("still resetting");
        await server.LoseAsync();
        await WhenTriedAsync(server, times: 2);

        server.Device.Refusal = null;
        await PassUntilAsync(server, ServingState.Serving);

        Assert.Single((await server.Ask(Prompt, 4)).Sequences);
        Assert.Equal(1, server.Device.LivingCount);
        Assert.Contains(server.Server.Log.Entries, e => e.Text.Contains("still resetting", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lost_AllTriesFail_IsFailed()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync("--Laser:Engine:RecoveryAttempts=3");
        server.Device.Refusal = new InvalidOperationException("no such device");

        await server.LoseAsync();
        await PassUntilAsync(server, ServingState.Failed);

        Assert.Equal((1 + 3, 0), (server.Device.TryCount, server.Device.LivingCount));
        Assert.Equal(ServingStatus.NotServing, await server.HealthAsync("liveness"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await server.ProbeAsync("/healthz"));
        Assert.Equal("1", await server.MetricAsync("laser_recoveries_total{outcome=\"failed\"}"));
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => server.Ask(Prompt, 4).ResponseAsync);
        Assert.Equal((StatusCode.Unavailable, "FAILED"), (refused.StatusCode, refused.Reason()));
    }

    [Fact]
    public async Task Lost_LoadingAgainDoesNotEnd_IsFailedInTheEnd()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync();
        server.Device.Hold();
        await server.LoseAsync();
        await WhenTriedAsync(server, times: 2);

        await PassUntilAsync(server, ServingState.Failed, step: TimeSpan.FromMinutes(1));

        Assert.Equal(2, server.Device.TryCount);
        server.Device.Release();
        while (server.Device.LivingCount != 0 || server.Device.MadeCount != 2)
        {
            await Task.Delay(1);
        }
    }

    [Fact]
    public async Task Lost_NoTriesWanted_IsFailedAtOnce()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync("--Laser:Engine:RecoveryAttempts=0");

        await server.LoseAsync();
        await server.WhenAsync(ServingState.Failed);

        Assert.Equal(1, server.Device.TryCount);
    }

    [Fact]
    public async Task Lost_AgainMuchLater_RecoversAgain()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync("--Laser:Engine:RecoveryAttempts=1");
        await LoseAndRecoverAsync(server);
        server.Server.Clock.Advance(TimeSpan.FromMinutes(10));

        await LoseAndRecoverAsync(server);

        Assert.Single((await server.Ask(Prompt, 4)).Sequences);
        Assert.Equal("2", await server.MetricAsync("laser_recoveries_total{outcome=\"recovered\"}"));
    }

    [Fact]
    public async Task Lost_AgainAtOnce_IsFailed()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync("--Laser:Engine:RecoveryAttempts=1");
        await LoseAndRecoverAsync(server);

        await server.LoseAsync();
        await server.WhenAsync(ServingState.Failed);

        Assert.Equal((2, 0), (server.Device.TryCount, server.Device.LivingCount));
    }

    [Fact]
    public async Task Stop_BetweenTwoTries_EndsWithoutTheNext()
    {
        RecoveringServer server = await RecoveringServer.StartAsync();
        server.Device.Refusal = new InvalidOperationException("still resetting");
        await server.LoseAsync();
        await WhenTriedAsync(server, times: 2);

        await server.DisposeAsync(); // the clock stands still, so waiting for the next try would take for ever

        Assert.Equal((2, 0), (server.Device.TryCount, server.Device.LivingCount));
    }

    [Fact]
    public async Task Stop_WhileLoadingAgain_FreesWhatIsLoaded()
    {
        RecoveringServer server = await RecoveringServer.StartAsync();
        server.Device.Hold();
        await server.LoseAsync();
        await WhenTriedAsync(server, times: 2);

        Task stop = server.Server.App.StopAsync();
        await server.WhenAsync(ServingState.Draining);
        server.Device.Release();
        await stop;

        Assert.Equal((2, 0), (server.Device.TryCount, server.Device.LivingCount));
        await server.DisposeAsync();
    }

    private static async Task AssertIsRecovering(RecoveringServer server)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => server.Ask(Prompt, 4).ResponseAsync);
        Assert.Equal((StatusCode.Unavailable, "RECOVERING"), (refused.StatusCode, refused.Reason()));
        Assert.True(refused.RetryAfter() > TimeSpan.Zero);
        Assert.Equal(ServingStatus.Serving, await server.HealthAsync("liveness"));
        Assert.Equal(HttpStatusCode.OK, await server.ProbeAsync("/healthz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await server.ProbeAsync("/readyz"));
        ServerLoad load = await new V1.Server.ServerClient(server.Channel).GetLoadAsync(new GetLoadRequest());
        Assert.Equal((ServerState.Recovering, 0u), (load.State, load.RunningSequences));
        Assert.Equal("1", await server.MetricAsync("laser_server_state{state=\"recovering\"}"));
        Assert.Equal(0, server.Device.LivingCount);
    }

    private static async Task LoseAndRecoverAsync(RecoveringServer server)
    {
        server.Device.Hold();
        await server.LoseAsync();
        await server.WhenAsync(ServingState.Recovering);
        server.Device.Release();
        await server.WhenAsync(ServingState.Serving);
    }

    private static async Task WhenTriedAsync(RecoveringServer server, int times)
    {
        while (server.Device.TryCount < times)
        {
            await Task.Delay(1);
        }
    }

    private static async Task PassUntilAsync(RecoveringServer server, ServingState state, TimeSpan? step = null)
    {
        while (server.State.Current != state)
        {
            server.Server.Clock.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }
    }

    private static async Task<(int Tokens, RpcException End)> ReadAsync(AsyncServerStreamingCall<GenerateResponse> call)
    {
        int tokens = 0;
        RpcException end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                tokens += call.ResponseStream.Current.TokenIds.Count;
            }
        });
        return (tokens, end);
    }

    private static async Task AssertNext(AsyncServerStreamingCall<HealthCheckResponse> call, ServingStatus expected)
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(expected, call.ResponseStream.Current.Status);
    }
}
