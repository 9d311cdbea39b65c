using Grpc.Net.Client;
using Laser.Serve.Engine;
using Laser.Serve.V1;
using Vllm = Laser.Serve.Protocol.Vllm;

namespace Laser.Serve.FunctionalTests.Balancing;

/// <summary>One server with two devices, which differs from one with one device in nothing but how much it does.</summary>
public sealed class SeveralDevicesTests : IAsyncLifetime
{
    private const string Prompt = "Once upon a time";

    private RunningServer _server = null!;

    public async Task InitializeAsync() =>
        _server = await RunningServer.StartAsync("--device", "cpu,cpu", "--threads", "1", "--Laser:Engine:KvCacheMebibytes=16");

    public Task DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Generate_32AtOnce_UsesBothAndGivesTheTokensOfOne()
    {
        List<uint>[] tokens = await AskAllAsync(_server);

        Assert.All(Snapshots(), snapshot => Assert.InRange(snapshot.LargestBatch, 4, 28));
        await using RunningServer single = await RunningServer.StartAsync("--device", "cpu", "--threads", "1");
        Assert.Equal(await AskAllAsync(single), tokens);
        await _server.WhenIdleAsync();
    }

    [Fact]
    public async Task Generate_Cancelled_IsFreedOnBoth()
    {
        using var cancel = new CancellationTokenSource();
        Task<List<GenerateResponse>>[] reads = await StartAsync(_server, count: 4, cancel.Token);
        Assert.All(Snapshots(), snapshot => Assert.Equal(2, snapshot.RunningCount));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => Task.WhenAll(reads));
        await _server.WhenIdleAsync();
        Assert.All(Snapshots(), snapshot => Assert.Equal(0, snapshot.UsedBlockCount));
    }

    [Fact]
    public async Task Generate_SamePromptAgain_GoesWhereItsPrefixIs()
    {
        string prompt = string.Concat(Enumerable.Repeat(Prompt + ", ", 12));
        GenerateRequest request = RunningServer.Request(prompt, 4);
        using var cancel = new CancellationTokenSource();
        Task busy = _server.CollectAsync(Long(Prompt), cancel.Token);
        await UntilAsync(() => Snapshots()[0].RunningCount == 1);
        await _server.Client.GenerateOnceAsync(request); // so it goes to the second
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => busy);
        await _server.WhenIdleAsync();
        long before = Snapshots()[0].StepCount;

        GenerateOnceResponse answer = await _server.Client.GenerateOnceAsync(request);

        Assert.True(answer.Sequences.Single().Finish.Usage.CachedTokens > 0);
        Assert.Equal(before, Snapshots()[0].StepCount);
    }

    [Fact]
    public async Task Stop_WithStreamsOnBoth_FinishesThem()
    {
        await using RunningServer server = await RunningServer.StartAsync("--device", "cpu,cpu", "--threads", "1");
        Task<List<GenerateResponse>>[] reads = await StartAsync(server, count: 2, CancellationToken.None);
        Assert.All(server.Engine.Engines, engine => Assert.Equal(1, engine.Snapshot.RunningCount));

        await server.StopAsync();

        foreach (List<GenerateResponse> responses in await Task.WhenAll(reads))
        {
            Assert.Equal(900u, responses[^1].Finish.Usage.GeneratedTokens);
        }
    }

    [Fact]
    public async Task Describe_TwoDevices_ShowsBothAndWhatTheyTakeTogether()
    {
        V1.Model model = await _server.Client.GetModelAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(_server.GrpcAddress);
        ServerInfo info = await new V1.Server.ServerClient(channel).GetServerInfoAsync(new GetServerInfoRequest());
        ServerLoad load = await new V1.Server.ServerClient(channel).GetLoadAsync(new GetLoadRequest());
        Vllm.GetLoadsResponse loads =
            await new Vllm.VllmEngine.VllmEngineClient(channel).GetLoadsAsync(new Vllm.GetLoadsRequest());

        Assert.Equal(2, model.Device.Split("; ").Length);
        Assert.Equal(2ul * (ulong)_server.Model.CacheLayout.TokenCapacity, model.CacheTokenCapacity);
        Assert.Equal(64u, info.MaxRunningSequences);
        Assert.Equal(Snapshots().Sum(snapshot => snapshot.TotalBlockCount), (int)load.TotalBlocks);
        Assert.Equal(64, loads.Loads.Single().MaxRunningRequests);
    }

    // Long streams one after the other: of two that come at once neither is seen by the other.
    private static async Task<Task<List<GenerateResponse>>[]> StartAsync(
        RunningServer server, int count, CancellationToken cancellationToken)
    {
        List<Task<List<GenerateResponse>>> reads = [];
        for (int i = 0; i < count; i++)
        {
            reads.Add(server.CollectAsync(Long($"{Prompt} {i}"), cancellationToken));
            await UntilAsync(() => server.Engine.Snapshot.RunningCount == reads.Count);
        }

        return [.. reads];
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1);
        }
    }

    private static async Task<List<uint>[]> AskAllAsync(RunningServer server)
    {
        GenerateOnceResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i =>
        {
            GenerateRequest request = Long($"{Prompt} number {i}", maxTokens: 100);
            request.Sampling = new SamplingParams { Temperature = 1, Seed = (ulong)i };
            request.Output = new OutputParams { TokenIds = true };
            return server.Client.GenerateOnceAsync(request);
        }));
        return [.. answers.Select(answer => answer.Sequences.Single().TokenIds.ToList())];
    }

    private static GenerateRequest Long(string prompt, uint maxTokens = 900)
    {
        GenerateRequest request = RunningServer.Request(prompt, maxTokens);
        request.Stop = new StopParams { IgnoreEos = true };
        return request;
    }

    private EngineSnapshot[] Snapshots() => [.. _server.Engine.Engines.Select(engine => engine.Snapshot)];
}
