using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.Health;
using static Laser.Serve.Protocol.Health.HealthCheckResponse.Types;

namespace Laser.Serve.FunctionalTests.Native;

public class HealthTests(RunningServer loaded) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData("")]
    [InlineData("readiness")]
    [InlineData("liveness")]
    [InlineData("laser.serve.v1.Generation")]
    [InlineData("laser.serve.v1.Models")]
    [InlineData("grpc.health.v1.Health")]
    public async Task Check_Loaded_IsServing(string service)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(loaded.GrpcAddress);

        HealthCheckResponse response = await Client(channel).CheckAsync(new HealthCheckRequest { Service = service });

        Assert.Equal(ServingStatus.Serving, response.Status);
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(loaded.GrpcAddress);

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => Client(channel).CheckAsync(new HealthCheckRequest { Service = "no.such.Service" }).ResponseAsync);

        Assert.Equal(StatusCode.NotFound, e.StatusCode);
    }

    [Fact]
    public async Task List_Loaded_HasTheServerAndEachService()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(loaded.GrpcAddress);

        HealthListResponse response = await Client(channel).ListAsync(new HealthListRequest());

        string[] expected = ["", "readiness", "liveness", "laser.serve.v1.Generation", "laser.serve.v1.Server"];
        Assert.Empty(expected.Except(response.Statuses.Keys));
        Assert.All(response.Statuses.Values, r => Assert.Equal(ServingStatus.Serving, r.Status));
    }

    [Fact]
    public async Task Watch_UnknownService_SaysSoAndStaysOpen()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(loaded.GrpcAddress);
        using AsyncServerStreamingCall<HealthCheckResponse> call =
            Client(channel).Watch(new HealthCheckRequest { Service = "no.such.Service" });

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.ServiceUnknown, call.ResponseStream.Current.Status);
        Assert.False(call.ResponseStream.MoveNext().IsCompleted);
    }

    [Fact]
    public async Task Watch_FromLoadingToTheEnd_TellsEachChangeAndEnds()
    {
        await using LoadingServer server = await LoadingServer.StartAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        using AsyncServerStreamingCall<HealthCheckResponse> whole = Client(channel).Watch(new HealthCheckRequest());
        using AsyncServerStreamingCall<HealthCheckResponse> liveness =
            Client(channel).Watch(new HealthCheckRequest { Service = "liveness" });

        await AssertNext(whole, ServingStatus.NotServing);
        await AssertNext(liveness, ServingStatus.Serving);
        await server.FinishAsync();
        await AssertNext(whole, ServingStatus.Serving);
        Task stop = server.App.StopAsync();
        await AssertNext(whole, ServingStatus.NotServing);
        RpcException end = await Assert.ThrowsAsync<RpcException>(() => whole.ResponseStream.MoveNext());
        await Assert.ThrowsAsync<RpcException>(() => liveness.ResponseStream.MoveNext());
        await stop;

        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
    }

    private static async Task AssertNext(AsyncServerStreamingCall<HealthCheckResponse> call, ServingStatus expected)
    {
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(expected, call.ResponseStream.Current.Status);
    }

    private static Protocol.Health.Health.HealthClient Client(GrpcChannel channel) => new(channel);
}
