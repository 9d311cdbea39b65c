using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.V1;
using Tokens = Laser.Serve.V1.Tokenization;

namespace Laser.Serve.FunctionalTests.Native;

public sealed class ServicesTests(RunningServer server) : IClassFixture<RunningServer>, IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(server.GrpcAddress);

    public void Dispose() => _channel.Dispose();

    [Theory]
    [InlineData("Once upon a time")]
    [InlineData("")]
    [InlineData("K\u00f6nig \U0001F451")]
    public async Task Tokenize_ThenDetokenize_GivesTheTextBack(string text)
    {
        var client = new Tokens.TokenizationClient(_channel);

        TokenizeResponse tokens = await client.TokenizeAsync(new TokenizeRequest { Text = text });
        DetokenizeResponse back =
            await client.DetokenizeAsync(new DetokenizeRequest { TokenIds = { tokens.TokenIds } });

        Assert.Equal(text, back.Text);
        Assert.Equal(tokens.TokenIds.Count, tokens.TokenBytes.Count);
    }

    [Fact]
    public async Task Tokenize_WithSpecialTokens_IsThePromptOfGenerate()
    {
        var client = new Tokens.TokenizationClient(_channel);
        TokenizeResponse tokens = await client.TokenizeAsync(new TokenizeRequest { Text = "The king" });
        TokenizeResponse bare = await client.TokenizeAsync(
            new TokenizeRequest { Text = "The king", AddSpecialTokens = false });
        GenerateRequest text = RunningServer.Request("The king", 12);
        GenerateRequest ids = text.Clone();
        ids.PromptTokenIds = new TokenIds { Ids = { tokens.TokenIds } };

        GenerateOnceResponse ofText = await server.Client.GenerateOnceAsync(text);
        GenerateOnceResponse ofIds = await server.Client.GenerateOnceAsync(ids);

        Assert.Equal(tokens.TokenIds.Skip(1), bare.TokenIds);
        Assert.Equal(ofText.Sequences[0].TokenIds, ofIds.Sequences[0].TokenIds);
    }

    [Fact]
    public async Task Detokenize_UnknownId_IsRefusedByName()
    {
        var client = new Tokens.TokenizationClient(_channel);

        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => client.DetokenizeAsync(new DetokenizeRequest { TokenIds = { 0, 99999 } }).ResponseAsync);

        Assert.Equal("token_ids[1]", e.Field());
    }

    [Fact]
    public async Task ListModels_Loaded_HasTheModelOfGetModel()
    {
        var client = new Models.ModelsClient(_channel);

        ListModelsResponse models = await client.ListModelsAsync(new ListModelsRequest());

        Assert.Equal(await client.GetModelAsync(new GetModelRequest()), Assert.Single(models.Models));
    }

    [Fact]
    public async Task GetServerInfo_Defaults_TellsTheLimits()
    {
        var client = new V1.Server.ServerClient(_channel);

        ServerInfo info = await client.GetServerInfoAsync(new GetServerInfoRequest());

        Assert.Equal((32u, 256u, 256u, 32u, 30u), (
            info.MaxRunningSequences, info.MaxTokensPerStep, info.MaxQueuedRequests, info.BlockSize, info.DrainSeconds));
        Assert.NotEmpty(info.Version);
        Assert.InRange(
            DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds((long)(info.StartTime * 1000)),
            TimeSpan.Zero,
            TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task GetLoad_WhileAStreamRuns_CountsIt()
    {
        var client = new V1.Server.ServerClient(_channel);
        await server.WhenIdleAsync();
        ServerLoad idle = await client.GetLoadAsync(new GetLoadRequest());
        ServerLoad? busy = null;

        await foreach (GenerateResponse _ in server.Client.GenerateAsync(RunningServer.Request("The king", 600)))
        {
            busy ??= await client.GetLoadAsync(new GetLoadRequest());
        }

        Assert.Equal((ServerState.Serving, 0u, 0u), (idle.State, idle.RunningSequences, idle.UsedBlocks));
        Assert.Equal(1u, busy!.RunningSequences);
        Assert.True(busy.UsedBlocks > 0 && busy.TotalBlocks > busy.UsedBlocks && busy.Steps > idle.Steps);
    }
}
