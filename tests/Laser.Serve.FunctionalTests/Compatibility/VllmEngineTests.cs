using System.IO.Compression;
using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.ModelGateway;
using Laser.Serve.Protocol.Vllm;

namespace Laser.Serve.FunctionalTests.Compatibility;

/// <summary>What an inference gateway does with an engine.</summary>
public sealed class VllmEngineTests : IClassFixture<RunningServer>, IDisposable
{
    private readonly RunningServer _server;
    private readonly GrpcChannel _channel;
    private readonly VllmEngine.VllmEngineClient _client;

    public VllmEngineTests(RunningServer server)
    {
        _server = server;
        _channel = GrpcChannel.ForAddress(server.GrpcAddress);
        _client = new VllmEngine.VllmEngineClient(_channel);
    }

    [Fact]
    public async Task Generate_Tokenized_CountsItsTokensInEveryChunk()
    {
        var request = new GenerateRequest
        {
            Tokenized = new TokenizedInput { InputIds = { 0, 5, 100 } },
            SamplingParams = new SamplingParams { MaxTokens = 10, Temperature = 0 },
            Stream = true,
        };

        List<GenerateResponse> responses = await GenerateAsync(request);

        GenerateComplete complete = responses[^1].Complete;
        Assert.Equal(("length", 3u, 10u), (complete.FinishReason, complete.PromptTokens, complete.CompletionTokens));
        Assert.All(responses.SkipLast(1), response => Assert.Equal(3u, response.Chunk.PromptTokens));
        Assert.Equal(10, responses.SkipLast(1).Sum(response => response.Chunk.CompletionTokens));
    }

    [Fact]
    public async Task Generate_WithoutLimit_EndsWhereTheContextDoes()
    {
        var request = new GenerateRequest
        {
            Text = "The king",
            SamplingParams = new SamplingParams { Temperature = 0, IgnoreEos = true, TruncatePromptTokens = -1 },
        };
        uint promptTokens = (uint)_server.Model.EncodePrompt("The king").Count;

        GenerateComplete all = (await GenerateAsync(request)).Single().Complete;
        request.SamplingParams.MaxTokens = 1_000_000;
        GenerateComplete more = (await GenerateAsync(request)).Single().Complete;

        Assert.Equal((uint)_server.Model.ContextLength - promptTokens, all.CompletionTokens);
        Assert.Equal(all.OutputIds, more.OutputIds);
    }

    [Fact]
    public async Task Generate_SeveralWithLogprobs_TellsOfEachToken()
    {
        var request = new GenerateRequest
        {
            Tokenized = new TokenizedInput { InputIds = { 0, 5, 100 } },
            SamplingParams = new SamplingParams { MaxTokens = 6, Seed = 3, N = 2, Logprobs = 2, PromptLogprobs = 1 },
        };

        List<GenerateResponse> responses = await GenerateAsync(request);

        GenerateComplete[] ends = [.. responses.Select(r => r.Complete).OrderBy(c => c.Index)];
        Assert.Equal([0u, 1u], ends.Select(end => end.Index));
        Assert.NotEqual(ends[0].OutputIds, ends[1].OutputIds);
        Assert.All(ends, end =>
        {
            Assert.Equal(end.OutputIds, end.OutputLogprobs.TokenIds);
            Assert.All(end.OutputLogprobs.TokenLogprobs, logprob => Assert.InRange(logprob, -50, 0));
            Assert.All(end.OutputLogprobs.TopLogprobs, top => Assert.Equal(2, top.Values.Count));
        });
        Assert.Equal(3, ends[0].InputLogprobs.TokenLogprobs.Count);
        Assert.False(ends[0].InputLogprobs.TokenLogprobs[0].HasValue); // nothing comes before the first token
    }

    [Theory]
    [InlineData("choice")]
    [InlineData("regex")]
    [InlineData("json_object")]
    public async Task Generate_Constraint_HoldsForTheText(string kind)
    {
        var sampling = new SamplingParams { MaxTokens = 300, Seed = 5, TopK = 40 };
        switch (kind)
        {
            case "choice":
                sampling.Choice = new ChoiceConstraint { Choices = { "left", "right" } };
                break;
            case "regex":
                sampling.Regex = "(left|right) [0-9]{2}";
                break;
            default:
                sampling.JsonObject = true;
                break;
        }

        var request = new GenerateRequest { Text = "Answer:", SamplingParams = sampling };
        GenerateComplete complete = (await GenerateAsync(request)).Single().Complete;

        string text = _server.Model.Tokenizer.Decode([.. complete.OutputIds.Select(id => (int)id)]);
        Assert.Matches(kind switch { "choice" => "^(left|right)$", "regex" => "^(left|right) [0-9]{2}$", _ => @"^\{" }, text);
    }

    [Fact]
    public async Task Generate_StopString_TellsWhatMatched()
    {
        var request = new GenerateRequest
        {
            Text = "Once upon a time",
            SamplingParams = new SamplingParams { MaxTokens = 40, Temperature = 0 },
        };
        GenerateComplete whole = (await GenerateAsync(request)).Single().Complete;
        string stop = _server.Model.Tokenizer.Decode([.. whole.OutputIds.Select(id => (int)id)]).Substring(20, 6);
        request.SamplingParams.Stop.Add(stop);

        GenerateComplete complete = (await GenerateAsync(request)).Single().Complete;

        Assert.Equal(("stop", stop), (complete.FinishReason, complete.MatchedStopStr));
        Assert.Equal(whole.OutputIds.Take(complete.OutputIds.Count), complete.OutputIds);
        Assert.InRange(complete.OutputIds.Count, 1, whole.OutputIds.Count - 1);
    }

    [Fact]
    public async Task Abort_Running_EndsItWithWhatThereIs()
    {
        using AsyncServerStreamingCall<GenerateResponse> call = _client.Generate(new GenerateRequest
        {
            RequestId = "to-abort",
            Text = "Once upon a time",
            SamplingParams = new SamplingParams { MaxTokens = 1000, Temperature = 0 },
            Stream = true,
        });
        await call.ResponseStream.MoveNext(CancellationToken.None);
        var before = call.ResponseStream.Current;

        await _client.AbortAsync(new AbortRequest { RequestIds = { "unknown", "to-abort" } });
        List<GenerateResponse> after = await CollectAsync(call);

        GenerateComplete complete = after[^1].Complete;
        Assert.Equal("abort", complete.FinishReason);
        Assert.Equal(
            before.Chunk.TokenIds.Concat(after.SkipLast(1).SelectMany(r => r.Chunk.TokenIds)), complete.OutputIds);
        Assert.InRange(complete.CompletionTokens, 1u, 999u);
        await _server.WhenIdleAsync();
        Assert.Equal(0, _server.Engine.Snapshot.UsedBlockCount);
    }

    [Fact]
    public async Task Generate_IdInUse_IsRefusedAndFreeAgainAfterwards()
    {
        var request = new GenerateRequest
        {
            RequestId = "twice",
            Text = "Once upon a time",
            SamplingParams = new SamplingParams { MaxTokens = 1000, Temperature = 0 },
            Stream = true,
        };
        using AsyncServerStreamingCall<GenerateResponse> first = _client.Generate(request);
        await first.ResponseStream.MoveNext(CancellationToken.None);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(request));
        await _client.AbortAsync(new AbortRequest { RequestIds = { "twice" } });
        await CollectAsync(first);
        request.SamplingParams.MaxTokens = 2;

        Assert.Equal(StatusCode.AlreadyExists, e.StatusCode);
        Assert.NotEmpty(await GenerateAsync(request));
    }

    [Fact]
    public async Task Generate_BadRequest_IsRefusedInTheCallersWords()
    {
        var request = new GenerateRequest
        {
            Tokenized = new TokenizedInput { InputIds = { 0, 999_999 } },
            SamplingParams = new SamplingParams { MaxTokens = 4 },
        };
        RpcException token = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(request));
        request.Tokenized.InputIds[1] = 5;
        request.SamplingParams.Temperature = -1;
        RpcException temperature = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(request));

        Assert.StartsWith("tokenized.input_ids[1] is 999999;", token.Status.Detail);
        Assert.StartsWith("sampling_params.temperature is -1;", temperature.Status.Detail);
    }

    [Fact]
    public async Task GetTokenizer_Chunks_AreAZipWithTheFilesAndItsHash()
    {
        using AsyncServerStreamingCall<GetTokenizerChunk> call = _client.GetTokenizer(new GetTokenizerRequest());
        using var zip = new MemoryStream();
        List<string> hashes = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            call.ResponseStream.Current.Data.WriteTo(zip);
            hashes.Add(call.ResponseStream.Current.Sha256);
        }

        Assert.All(hashes.SkipLast(1), Assert.Empty);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(zip.ToArray())), hashes[^1]);
        using var archive = new ZipArchive(zip);
        Assert.Equal(
            ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"],
            archive.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        using var tokenizer = new StreamReader(archive.GetEntry("tokenizer.json")!.Open());
        string original = await File.ReadAllTextAsync(Path.Combine(_server.Model.Folder, "tokenizer.json"));
        Assert.Equal(original, await tokenizer.ReadToEndAsync());
    }

    [Fact]
    public async Task GetModelInfo_Bundled_DescribesIt()
    {
        GetModelInfoResponse info = await _client.GetModelInfoAsync(new GetModelInfoRequest());

        Assert.Equal(("laser-tales-3m", "laser", 4096u), (info.ServedModelName, info.ModelType, info.VocabSize));
        Assert.Equal((1024u, 1023), (info.MaxContextLength, info.MaxReqInputLen));
        Assert.Equal(["LaserForCausalLM"], info.Architectures);
        Assert.Equal("""{"temperature":0.7,"top_p":0.9}""", info.DefaultSamplingParamsJson);
        Assert.True(info.IsGeneration && !info.SupportsVision);
    }

    [Fact]
    public async Task Health_Info_Loads_Serving_AreConsistent()
    {
        HealthCheckResponse health = await _client.HealthCheckAsync(new HealthCheckRequest());
        GetServerInfoResponse info = await _client.GetServerInfoAsync(new GetServerInfoRequest());
        GetLoadsResponse loads = await _client.GetLoadsAsync(new GetLoadsRequest());
        GetLoadsResponse otherRank = await _client.GetLoadsAsync(new GetLoadsRequest { DpRank = 1 });

        Assert.True(health.Healthy);
        Assert.Equal(("vllm-grpc", 1), (info.ServerType, info.DataParallelSize));
        Assert.True(info.UptimeSeconds > 0);
        SchedulerLoad load = Assert.Single(loads.Loads);
        Assert.Equal(_server.Model.CacheLayout.TokenCapacity, load.MaxTotalNumTokens);
        Assert.Equal(32, load.MaxRunningRequests);
        Assert.Empty(otherRank.Loads);
    }

    [Fact]
    public async Task WhatIsNotThere_IsUnimplementedWithTheReason()
    {
        RpcException embed = await Assert.ThrowsAsync<RpcException>(
            async () => await _client.EmbedAsync(new EmbedRequest()));
        using AsyncServerStreamingCall<KvEventBatch> events = _client.SubscribeKvEvents(new SubscribeKvEventsRequest());
        RpcException kv = await Assert.ThrowsAsync<RpcException>(
            () => events.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal((StatusCode.Unimplemented, StatusCode.Unimplemented), (embed.StatusCode, kv.StatusCode));
        Assert.Contains("embeddings", embed.Status.Detail);
    }

    public void Dispose() => _channel.Dispose();

    private async Task<List<GenerateResponse>> GenerateAsync(GenerateRequest request)
    {
        using AsyncServerStreamingCall<GenerateResponse> call = _client.Generate(request);
        return await CollectAsync(call);
    }

    private static async Task<List<GenerateResponse>> CollectAsync(AsyncServerStreamingCall<GenerateResponse> call)
    {
        List<GenerateResponse> responses = [];
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            responses.Add(call.ResponseStream.Current);
        }

        return responses;
    }
}
