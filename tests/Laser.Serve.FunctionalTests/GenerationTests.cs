using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests;

public class GenerationTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Prompt = "Once upon a time";

    [Fact]
    public async Task Generate_Greedy_StreamsTokensAndEndsOnce()
    {
        List<GenerateResponse> responses = await server.CollectAsync(RunningServer.Request(Prompt, 40));

        Assert.NotEmpty(responses[0].TokenIds); // no message without a token goes ahead of the first
        Assert.All(responses.SkipLast(1), r => Assert.Null(r.Finish));
        Finish finish = responses[^1].Finish;
        Assert.Equal(FinishReason.Length, finish.Reason);
        Assert.Equal(40u, finish.Usage.GeneratedTokens);
        Assert.Equal(40, responses.Sum(r => r.TokenIds.Count));
        Assert.True(finish.Usage.PromptTokens > 1);
        Assert.True(finish.Timings.PrefillSeconds > 0 && finish.Timings.DecodeSeconds > 0);
        Assert.Matches("[a-z]{2,} [a-z]{2,}", string.Concat(responses.Select(r => r.Text)));
    }

    [Fact]
    public async Task GenerateOnce_SameRequest_IsTheStreamInOnePiece()
    {
        GenerateRequest request = RunningServer.Request(Prompt, 24);
        List<GenerateResponse> stream = await server.CollectAsync(request);
        GenerateOnceResponse once = await server.Client.GenerateOnceAsync(request);

        Assert.Equal(string.Concat(stream.Select(r => r.Text)), once.Sequences[0].Text);
        Assert.Equal(stream.SelectMany(r => r.TokenIds), once.Sequences[0].TokenIds);
    }

    [Fact]
    public async Task Generate_SameSeed_SameTextAlsoInCompany()
    {
        GenerateRequest request = RunningServer.Request(Prompt, 48);
        request.Sampling = new SamplingParams { Temperature = 1, TopK = 50, TopP = 0.95f, Seed = 7 };
        GenerateOnceResponse alone = await server.Client.GenerateOnceAsync(request);

        GenerateOnceResponse[] company = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
        {
            GenerateRequest other = request.Clone();
            other.Sampling.Seed = i % 3 == 0 ? 7u : (ulong)i;
            return server.Client.GenerateOnceAsync(other);
        }));

        for (int i = 0; i < company.Length; i++)
        {
            Assert.Equal(i % 3 == 0 || i == 7, company[i].Sequences[0].Text == alone.Sequences[0].Text);
        }
    }

    [Fact]
    public async Task Generate_StopString_EndsBeforeIt()
    {
        GenerateOnceResponse whole = await server.Client.GenerateOnceAsync(RunningServer.Request(Prompt, 40));
        string stop = whole.Sequences[0].Text.Substring(20, 6);
        GenerateRequest request = RunningServer.Request(Prompt, 40);
        request.Stop = new StopParams { Strings = { stop } };

        List<GenerateResponse> responses = await server.CollectAsync(request);

        string text = string.Concat(responses.Select(r => r.Text));
        Assert.Equal(whole.Sequences[0].Text[..whole.Sequences[0].Text.IndexOf(stop, StringComparison.Ordinal)], text);
        Assert.Equal(FinishReason.Stop, responses[^1].Finish.Reason);
        Assert.Equal(stop, responses[^1].Finish.StopString);
    }

    [Fact]
    public async Task Generate_TokenIds_AreTakenAsTheyAre()
    {
        GenerateRequest request = RunningServer.Request(Prompt, 8);
        request.PromptTokenIds = new TokenIds { Ids = { 0u, 5u, 100u } };

        GenerateOnceResponse response = await server.Client.GenerateOnceAsync(request);

        Assert.Equal(3u, response.Sequences[0].Finish.Usage.PromptTokens);
    }

    [Fact]
    public async Task Generate_Cancelled_FreesItsBlocks()
    {
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            GenerateRequest request = RunningServer.Request(Prompt, 900);
            await foreach (GenerateResponse _ in server.Client.GenerateAsync(request, cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });

        await server.WhenIdleAsync();
        Assert.Equal(0, server.Engine.Snapshot.UsedBlockCount);
    }

    [Fact]
    public async Task Generate_32ConcurrentStreams_AllFinishInLargeBatchesAndFreeEverything()
    {
        List<GenerateResponse>[] streams = await Task.WhenAll(Enumerable.Range(0, 32).Select(i =>
        {
            GenerateRequest request = RunningServer.Request($"{Prompt} number {i}", 128);
            request.Sampling = new SamplingParams { Temperature = 1, Seed = (ulong)i };
            request.Stop = new StopParams();
            return server.CollectAsync(request);
        }));

        Assert.All(streams, s => Assert.NotNull(s[^1].Finish));
        Assert.True(server.Engine.Snapshot.LargestBatch > 16, $"largest batch {server.Engine.Snapshot.LargestBatch}");
        await server.WhenIdleAsync();
        Assert.Equal(0, server.Engine.Snapshot.UsedBlockCount);
    }

    public static TheoryData<string, Action<GenerateRequest>, StatusCode, string> BadRequests => new()
    {
        { "model", r => r.Model = "other", StatusCode.NotFound, "other" },
        { "no input", r => r.ClearInput(), StatusCode.InvalidArgument, "prompt" },
        { "no tokens", r => r.MaxTokens = 0, StatusCode.InvalidArgument, "max_tokens" },
        { "too many tokens", r => r.MaxTokens = 1_000_000, StatusCode.InvalidArgument, "max_tokens" },
        { "temperature", r => r.Sampling.Temperature = -1, StatusCode.InvalidArgument, "sampling.temperature" },
        { "not a number", r => r.Sampling.Temperature = float.NaN, StatusCode.InvalidArgument, "sampling.temperature" },
        { "top_p", r => r.Sampling.TopP = 0, StatusCode.InvalidArgument, "sampling.top_p" },
        { "stop", r => r.Stop = new StopParams { Strings = { "" } }, StatusCode.InvalidArgument, "stop.strings" },
        {
            "token id", r => r.PromptTokenIds = new TokenIds { Ids = { 0u, 999_999u } }, StatusCode.InvalidArgument,
            "prompt_token_ids.ids[1]"
        },
        {
            "too long",
            r => r.Prompt = string.Concat(Enumerable.Repeat("word ", 5000)),
            StatusCode.InvalidArgument,
            "prompt"
        },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task Generate_BadRequest_IsRefusedNamingTheField(
        string what, Action<GenerateRequest> spoil, StatusCode code, string named)
    {
        GenerateRequest request = RunningServer.Request(Prompt, 4);
        spoil(request);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => server.CollectAsync(request));

        Assert.True(code == e.StatusCode, $"{what}: {e.Status}");
        Assert.Contains(named, e.Status.Detail);
    }
}
