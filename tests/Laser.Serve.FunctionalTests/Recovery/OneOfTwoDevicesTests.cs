using System.Net;
using Grpc.Core;
using Laser.Serve.Engine.Balancing;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.FunctionalTests.Recovery;

/// <summary>A server that loses one of its devices goes on with the other.</summary>
public sealed class OneOfTwoDevicesTests
{
    private const string Prompt = "Once upon a time";
    private static readonly string[] Two = ["--device", "cpu,cpu"];

    [Fact]
    public async Task Lost_OneOfTwo_GoesOnWithTheOtherUntilItIsBack()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync(Two);
        EngineGroup engines = (await server.State.Loaded).Engine;
        server.Device.LoseAtStep(20);
        using AsyncServerStreamingCall<GenerateResponse> lost = server.Stream(Prompt, 500);
        await server.Device.Reached;
        using AsyncServerStreamingCall<GenerateResponse> other = server.Stream(Prompt, 500);
        Assert.True(await other.ResponseStream.MoveNext(CancellationToken.None));
        int first = other.ResponseStream.Current.TokenIds.Count;
        Assert.True(engines.Engines[1].Snapshot.StepCount > 0);

        server.Device.Hold();
        server.Device.Lose();

        (_, RpcException? cut) = await ReadAsync(lost);
        Assert.Equal((StatusCode.Aborted, "ABORTED"), (cut?.StatusCode, cut?.Reason()));
        await WhenTriedAsync(server, times: 3);
        Assert.Equal("0", await server.MetricAsync(Serving(0)));
        Assert.Equal("1", await server.MetricAsync(Serving(1)));
        Assert.Equal(ServingStatus.Serving, await server.HealthAsync(""));
        Assert.Equal(HttpStatusCode.OK, await server.ProbeAsync("/readyz"));
        Assert.Single((await server.Ask("The king", 4)).Sequences);
        Assert.Equal((500 - first, null), await ReadAsync(other));

        server.Device.Release();
        await WhenServingAsync(server, engine: 0);
        Assert.NotSame(engines.Engines[1], engines.Engines[0]);
        Assert.False(engines.Engines[0].Ended.IsCompleted);
        Assert.Single((await server.Ask("The king", 4)).Sequences);
        Assert.True(engines.Engines[0].Snapshot.StepCount > 0);
        Assert.Equal(2, server.Device.LivingCount);
        Assert.Equal("1", await server.MetricAsync("laser_recoveries_total{outcome=\"recovered\"}"));
    }

    [Fact]
    public async Task Lost_BothOneAfterTheOther_IsRecoveringUntilOneIsBack()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync(Two);
        server.Device.Hold();

        await server.LoseAsync();
        await WhenTriedAsync(server, times: 3);
        Assert.Equal(ServingState.Serving, server.State.Current);
        await server.LoseAsync();
        await server.WhenAsync(ServingState.Recovering);
        server.Device.Release();
        await server.WhenAsync(ServingState.Serving);

        Assert.Single((await server.Ask("The king", 4)).Sequences);
        await WhenServingAsync(server, engine: 0);
        await WhenServingAsync(server, engine: 1);
        Assert.Equal((4, 2), (server.Device.TryCount, server.Device.LivingCount));
    }

    [Fact]
    public async Task Lost_ForGood_FailsTheServerOnlyWithTheLast()
    {
        await using RecoveringServer server = await RecoveringServer.StartAsync([.. Two, "--Laser:Engine:RecoveryAttempts=1"]);
        server.Device.Refusal = new InvalidOperationException("no such device");

        await server.LoseAsync();
        while (await server.MetricAsync("laser_recoveries_total{outcome=\"failed\"}") != "1")
        {
            await Task.Delay(1);
        }

        Assert.Equal(ServingState.Serving, server.State.Current);
        Assert.Single((await server.Ask("The king", 4)).Sequences);
        await server.LoseAsync();
        await server.WhenAsync(ServingState.Failed);
        Assert.Equal(0, server.Device.LivingCount);
    }

    private static string Serving(int engine) => $"laser_engine_serving{{device=\"cpu\",engine=\"{engine}\"}}";

    private static async Task WhenServingAsync(RecoveringServer server, int engine)
    {
        while (await server.MetricAsync(Serving(engine)) != "1")
        {
            await Task.Delay(1);
        }
    }

    private static async Task WhenTriedAsync(RecoveringServer server, int times)
    {
        while (server.Device.TryCount < times)
        {
            await Task.Delay(1);
        }
    }

    private static async Task<(int Tokens, RpcException? End)> ReadAsync(AsyncServerStreamingCall<GenerateResponse> call)
    {
        int tokens = 0;
        RpcException? end = await Record.ExceptionAsync(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                tokens += call.ResponseStream.Current.TokenIds.Count;
            }
        }) as RpcException;
        return (tokens, end);
    }
}
