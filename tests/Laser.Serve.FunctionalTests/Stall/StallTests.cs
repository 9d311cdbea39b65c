using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.FunctionalTests.Security;
using Laser.Serve.Protocol.Health;
using Laser.Serve.Protocol.OpenInference;
using Laser.Serve.V1;
using Microsoft.Extensions.Logging;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.FunctionalTests.Stall;

/// <summary>A server whose engine hangs, or has failed, says so.</summary>
public sealed class StallTests
{
    [Fact]
    public async Task Watch_StepNeverEnds_TurnsNotServingAndBackWhenItDoes()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:Engine:StallSeconds=30");
        await server.LoadedAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        using AsyncServerStreamingCall<HealthCheckResponse> whole = Watch(channel, "");
        using AsyncServerStreamingCall<HealthCheckResponse> liveness = Watch(channel, "liveness");
        await AssertNext(whole, ServingStatus.Serving);
        await AssertNext(liveness, ServingStatus.Serving);
        using var hold = new StepHold(server.App);
        Task<GenerateOnceResponse> held = Ask(channel).ResponseAsync;
        await hold.Reached;

        Pass(server, seconds: 30);
        Assert.Equal(ServingStatus.Serving, await StatusAsync(channel, "readiness"));
        Pass(server, seconds: 1);
        await AssertNext(whole, ServingStatus.NotServing);
        await AssertNext(liveness, ServingStatus.NotServing);
        await AssertRefusesAsync(server, channel);

        hold.Open();
        Assert.Equal(4u, (await held).Sequences.Single().Finish.Usage.GeneratedTokens);
        Pass(server, seconds: 1);
        await AssertNext(whole, ServingStatus.Serving);
        await AssertNext(liveness, ServingStatus.Serving);
        Assert.Single((await Ask(channel)).Sequences);
        Assert.Equal(HttpStatusCode.OK, await ProbeAsync(server, "/healthz"));
        Assert.Single(server.Log.Entries, e => e.Text.Contains("Serving again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_StepNeverEndsAndNobodyWatches_GoesOnServing()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:Engine:StallSeconds=0");
        await server.LoadedAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        using var hold = new StepHold(server.App);
        Task<GenerateOnceResponse> held = Ask(channel).ResponseAsync;
        await hold.Reached;

        Pass(server, seconds: 300);

        Assert.Equal(ServingStatus.Serving, await StatusAsync(channel, "liveness"));
        hold.Open();
        await held;
    }

    [Fact]
    public async Task Check_NothingToDo_GoesOnServing()
    {
        await using SecuredServer server = await SecuredServer.StartAsync("--Laser:Engine:StallSeconds=1");
        await server.LoadedAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        await Ask(channel);

        Pass(server, seconds: 300);

        Assert.Equal(ServingStatus.Serving, await StatusAsync(channel, "readiness"));
    }

    [Fact]
    public async Task Stop_StepNeverEnds_EndsTheServerWithoutIt()
    {
        SecuredServer server = await SecuredServer.StartAsync("--Laser:DrainSeconds=0");
        await server.LoadedAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        using var hold = new StepHold(server.App);
        Task<GenerateOnceResponse> held = Ask(channel).ResponseAsync;
        await hold.Reached;
        using var now = new CancellationTokenSource();

        Task stop = server.App.StopAsync(now.Token);
        while (!server.Log.Entries.Any(e => e.Text.Contains("did not end within", StringComparison.Ordinal)))
        {
            await Task.Delay(1);
            Pass(server, seconds: 1);
        }

        await now.CancelAsync(); // the call of the stuck step is cut off with its connection
        await stop;
        await Assert.ThrowsAsync<RpcException>(() => held);
        hold.Open();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Check_EngineHasFailed_NothingIsServingNorAlive()
    {
        await using SecuredServer server = await SecuredServer.StartAsync();
        Engine.Balancing.EngineGroup engine = await server.LoadedAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        using AsyncServerStreamingCall<HealthCheckResponse> liveness = Watch(channel, "liveness");
        await AssertNext(liveness, ServingStatus.Serving);
        using var hold = new StepHold(server.App) { Failure = new InvalidOperationException("broken") };

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => Ask(channel).ResponseAsync);

        Assert.Equal((StatusCode.Internal, "STEP_FAILED"), (e.StatusCode, e.Reason()));
        await engine.Ended;
        await AssertNext(liveness, ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await StatusAsync(channel, ""));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ProbeAsync(server, "/healthz"));
        RpcException next = await Assert.ThrowsAsync<RpcException>(() => Ask(channel).ResponseAsync);
        Assert.Equal((StatusCode.Unavailable, "FAILED"), (next.StatusCode, next.Reason()));
    }

    private static async Task AssertRefusesAsync(SecuredServer server, GrpcChannel channel)
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => Ask(channel).ResponseAsync);
        Assert.Equal((StatusCode.Unavailable, "STALLED"), (e.StatusCode, e.Reason()));
        Assert.True(e.RetryAfter() > TimeSpan.Zero);
        ServerLoad load = await new V1.Server.ServerClient(channel).GetLoadAsync(new GetLoadRequest());
        Assert.Equal((ServerState.Stalled, 1u), (load.State, load.RunningSequences));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ProbeAsync(server, "/healthz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ProbeAsync(server, "/readyz"));
        var kserve = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        Assert.False((await kserve.ServerLiveAsync(new ServerLiveRequest())).Live);
        CapturedLog.Entry line = Assert.Single(server.Log.AtLeast(LogLevel.Critical));
        Assert.Contains("for 30 s while 1 sequences run and 0 requests wait", line.Text, StringComparison.Ordinal);
    }

    // The watchdog takes a jump of the clock for a sleep of the machine, so time passes as it does.
    private static void Pass(SecuredServer server, int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static AsyncUnaryCall<GenerateOnceResponse> Ask(GrpcChannel channel) =>
        new Generation.GenerationClient(channel).GenerateOnceAsync(RunningServer.Request("The king", 4));

    private static AsyncServerStreamingCall<HealthCheckResponse> Watch(GrpcChannel channel, string service) =>
        new Protocol.Health.Health.HealthClient(channel).Watch(new HealthCheckRequest { Service = service });

    private static async Task<ServingStatus> StatusAsync(GrpcChannel channel, string service) =>
        (await new Protocol.Health.Health.HealthClient(channel).CheckAsync(new HealthCheckRequest { Service = service })).Status;

    private static async Task AssertNext(AsyncServerStreamingCall<HealthCheckResponse> call, ServingStatus expected)
    {
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(expected, call.ResponseStream.Current.Status);
    }

    private static async Task<HttpStatusCode> ProbeAsync(SecuredServer server, string path)
    {
        using var http = new HttpClient();
        using HttpResponseMessage response = await http.GetAsync(new Uri(server.HttpAddress, path));
        return response.StatusCode;
    }
}
