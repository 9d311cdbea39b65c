using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Stress;

public class UnavailableTests
{
    [Fact]
    public async Task Call_WhileLoading_IsUnavailableAtOnceAndTheServerTellsSo()
    {
        await using LoadingServer server = await LoadingServer.StartAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);

        RpcException e = await RefusedAsync(channel);
        ServerLoad load = await new V1.Server.ServerClient(channel).GetLoadAsync(new GetLoadRequest());
        ListModelsResponse models = await new Models.ModelsClient(channel).ListModelsAsync(new ListModelsRequest());

        Assert.Equal((StatusCode.Unavailable, "LOADING"), (e.StatusCode, e.Reason()));
        Assert.True(e.RetryAfter() > TimeSpan.Zero);
        Assert.Equal(ServerState.Loading, load.State);
        Assert.Empty(models.Models);
    }

    [Fact]
    public async Task Call_WhileDraining_IsUnavailableAtOnce()
    {
        await using LoadingServer server = await LoadingServer.StartAsync();
        await server.FinishAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(server.GrpcAddress);
        var request = new GenerateRequest
        {
            Prompt = "Once upon a time",
            MaxTokens = 1000,
            N = 16, // takes longer than what is looked at meanwhile
            Stop = new StopParams { IgnoreEos = true },
        };
        using AsyncServerStreamingCall<GenerateResponse> running = new Generation.GenerationClient(channel).Generate(request);
        await running.ResponseStream.MoveNext(CancellationToken.None);
        await new Models.ModelsClient(channel).GetModelAsync(new GetModelRequest());

        Task stop = server.App.StopAsync();
        RpcException e = await RefusedAsync(channel);
        int finished = 0;
        while (await running.ResponseStream.MoveNext(CancellationToken.None))
        {
            finished += running.ResponseStream.Current.Finish is null ? 0 : 1;
        }

        await stop;
        Assert.Equal((StatusCode.Unavailable, "DRAINING"), (e.StatusCode, e.Reason()));
        Assert.True(e.RetryAfter() > TimeSpan.Zero);
        Assert.Equal(16, finished);
    }

    private static async Task<RpcException> RefusedAsync(GrpcChannel channel) =>
        await Assert.ThrowsAsync<RpcException>(() => new Generation.GenerationClient(channel)
            .GenerateOnceAsync(new GenerateRequest { Prompt = "The king" }).ResponseAsync);
}
