using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Native;

/// <summary>Every field that can be wrong is refused by its name, before anything is computed.</summary>
public class RequestErrorTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly Dictionary<string, Action<GenerateRequest>> Wrong = new()
    {
        ["input"] = r => r.ClearInput(),
        ["prompt"] = r => r.Prompt = string.Concat(Enumerable.Repeat("word after word ", 2000)),
        ["prompt_token_ids"] = r => r.PromptTokenIds = new TokenIds { Ids = { Enumerable.Repeat(5u, 5000) } },
        ["prompt_token_ids.ids[1]"] = r => r.PromptTokenIds = new TokenIds { Ids = { 1, 1_000_000 } },
        ["max_tokens"] = r => r.MaxTokens = 100_000,
        ["n"] = r => r.N = 17,
        ["truncate_prompt_tokens"] = r => r.TruncatePromptTokens = 0,
        ["time_limit_ms"] = r => r.TimeLimitMs = 0,
        ["priority"] = r => r.Priority = 101,
        ["request_id"] = r => r.RequestId = "two\nlines",
        ["cache.salt"] = r => r.Cache = new CacheParams { Salt = new string('s', 129) },
        ["output"] = r => r.Output = new OutputParams { Text = false, TokenIds = false },
        ["output.logprobs"] = r => r.Output = new OutputParams { Logprobs = 21 },
        ["output.prompt_logprobs"] = r => r.Output = new OutputParams { PromptLogprobs = 21 },
        ["sampling.temperature"] = r => r.Sampling.Temperature = float.NaN,
        ["sampling.top_p"] = r => r.Sampling.TopP = 0,
        ["sampling.min_p"] = r => r.Sampling.MinP = -0.1f,
        ["sampling.typical_p"] = r => r.Sampling.TypicalP = 1.1f,
        ["sampling.repetition_penalty"] = r => r.Sampling.RepetitionPenalty = 0,
        ["sampling.presence_penalty"] = r => r.Sampling.PresencePenalty = 2.1f,
        ["sampling.frequency_penalty"] = r => r.Sampling.FrequencyPenalty = float.PositiveInfinity,
        ["sampling.logit_bias[7]"] = r => r.Sampling.LogitBias.Add(7, 101),
        ["sampling.logit_bias[99999]"] = r => r.Sampling.LogitBias.Add(99999, 1),
        ["sampling.logit_bias"] = r => r.Sampling.LogitBias.Add(
            Enumerable.Range(0, 1025).ToDictionary(i => (uint)i, _ => 1f)),
        ["sampling.allowed_token_ids[0]"] = r => r.Sampling.AllowedTokenIds.Add(99999),
        ["sampling.banned_token_ids[0]"] = r => r.Sampling.BannedTokenIds.Add(99999),
        ["stop.strings"] = r => r.Stop = new StopParams { Strings = { Enumerable.Repeat("x", 17) } },
        ["stop.strings[0]"] = r => r.Stop = new StopParams { Strings = { "" } },
        ["stop.strings[1]"] = r => r.Stop = new StopParams { Strings = { "x", new string('x', 257) } },
        ["stop.token_ids"] = r => r.Stop = new StopParams { TokenIds = { Enumerable.Repeat(1u, 65) } },
        ["stop.token_ids[0]"] = r => r.Stop = new StopParams { TokenIds = { 99999 } },
        ["stop.min_tokens"] = r => r.Stop = new StopParams { MinTokens = 5 },
    };

    public static TheoryData<string> Fields => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Generate_FieldOutOfRange_IsRefusedByName(string field)
    {
        GenerateRequest request = RunningServer.Request("The king", 4);
        Wrong[field](request);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(request));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Equal(field, e.Field());
        Assert.Equal("INVALID_FIELD", e.Reason());
        Assert.StartsWith(field, e.Status.Detail);
        Assert.Equal(0, server.Engine.Snapshot.UsedBlockCount);
    }

    [Fact]
    public async Task Generate_UnknownModel_IsNotFound()
    {
        GenerateRequest request = RunningServer.Request("The king", 4);
        request.Model = "gpt-5";

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(request));

        Assert.Equal(StatusCode.NotFound, e.StatusCode);
        Assert.Equal("gpt-5", e.Detail<Google.Rpc.ResourceInfo>()?.ResourceName);
        Assert.Contains("laser-tales-3m", e.Status.Detail);
    }

    [Theory]
    [InlineData("mine-1")]
    [InlineData("")]
    public async Task Generate_RequestId_ComesBackInTheTrailers(string id)
    {
        GenerateRequest request = RunningServer.Request("The king", 4);
        request.RequestId = id;
        request.N = 99; // refused: the answer names it all the same

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(request));

        string? named = e.Trailers.GetValue("x-request-id");
        Assert.True(id.Length > 0 ? named == id : named?.Length == 32, named);
    }
}
