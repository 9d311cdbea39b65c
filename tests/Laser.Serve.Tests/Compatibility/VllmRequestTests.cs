using Grpc.Core;
using Laser.Serve.Compatibility.Vllm;
using Laser.Serve.Protocol.Vllm;
using NativeRequest = Laser.Serve.V1.GenerateRequest;
using VllmSamplingParams = Laser.Serve.Protocol.Vllm.SamplingParams;

namespace Laser.Serve.Tests.Compatibility;

/// <summary>Requests of VllmEngine as native ones.</summary>
public class VllmRequestTests
{
    private const int ContextLength = 100;

    [Fact]
    public void Translate_Nothing_HasVllmsDefaultsAndAllTheRoom()
    {
        NativeRequest native = Translate(new GenerateRequest { Text = "abc" }).Native;

        Assert.Equal(
            new NativeRequest
            {
                PromptTokenIds = new V1.TokenIds { Ids = { 'a', 'b', 'c' } },
                MaxTokens = ContextLength - 3,
                N = 1,
                Sampling = new V1.SamplingParams
                {
                    Temperature = 1,
                    TopK = 0,
                    TopP = 1,
                    MinP = 0,
                    TypicalP = 1,
                    RepetitionPenalty = 1,
                    PresencePenalty = 0,
                    FrequencyPenalty = 0,
                },
                Stop = new V1.StopParams(),
                Output = new V1.OutputParams { Text = false, TokenIds = true, SkipSpecialTokens = false },
            },
            native);
    }

    [Fact]
    public void Translate_EveryParameter_IsTheNativeFieldItIsMeantFor()
    {
        var request = new GenerateRequest
        {
            RequestId = "id",
            Tokenized = new TokenizedInput { OriginalText = "not read", InputIds = { 1, 2, 3, 4, 5 } },
            DataParallelRank = 0,
            SamplingParams = new VllmSamplingParams
            {
                Temperature = 0.5f,
                TopP = 0.25f,
                TopK = 6,
                MinP = 0.125f,
                FrequencyPenalty = -1,
                PresencePenalty = 2,
                RepetitionPenalty = 1.5f,
                MaxTokens = 7,
                MinTokens = 2,
                Stop = { "a", "b" },
                StopTokenIds = { 8, 9 },
                SkipSpecialTokens = true,
                SpacesBetweenSpecialTokens = true,
                IgnoreEos = true,
                N = 3,
                Regex = "x+",
                Logprobs = 4,
                PromptLogprobs = 0,
                Seed = 77,
                IncludeStopStrInOutput = true,
                LogitBias = { [10] = -5 },
                TruncatePromptTokens = 2,
            },
        };

        VllmRequest translated = Translate(request);

        Assert.Equal(
            new NativeRequest
            {
                RequestId = "id",
                PromptTokenIds = new V1.TokenIds { Ids = { 1, 2, 3, 4, 5 } },
                MaxTokens = 7,
                N = 3,
                TruncatePromptTokens = 2,
                Sampling = new V1.SamplingParams
                {
                    Temperature = 0.5f,
                    TopP = 0.25f,
                    TopK = 6,
                    MinP = 0.125f,
                    TypicalP = 1,
                    FrequencyPenalty = -1,
                    PresencePenalty = 2,
                    RepetitionPenalty = 1.5f,
                    Seed = 77,
                    LogitBias = { [10] = -5 },
                },
                Stop = new V1.StopParams
                {
                    Strings = { "a", "b" },
                    TokenIds = { 8, 9 },
                    IncludeStop = true,
                    MinTokens = 2,
                    IgnoreEos = true,
                },
                Output = new V1.OutputParams
                {
                    Text = false,
                    TokenIds = true,
                    SkipSpecialTokens = true,
                    Logprobs = 4,
                    PromptLogprobs = 0,
                    Echo = true,
                },
                Constraint = new V1.Constraint { Regex = "x+" },
            },
            translated.Native);
        Assert.Equal(2, translated.PromptTokenCount);
    }

    public static TheoryData<VllmSamplingParams, V1.Constraint?> Constraints => new()
    {
        { new VllmSamplingParams { JsonSchema = "{}" }, new V1.Constraint { JsonSchema = "{}" } },
        { new VllmSamplingParams { JsonObject = true }, new V1.Constraint { JsonSchema = """{"type":"object"}""" } },
        { new VllmSamplingParams { JsonObject = false }, null },
        {
            new VllmSamplingParams { Choice = new ChoiceConstraint { Choices = { "yes", "no" } } },
            new V1.Constraint { Choice = new V1.Choices { Texts = { "yes", "no" } } }
        },
    };

    [Theory]
    [MemberData(nameof(Constraints))]
    public void Translate_Constraint_IsTheNativeOne(VllmSamplingParams parameters, V1.Constraint? expected) =>
        Assert.Equal(
            expected, Translate(new GenerateRequest { Text = "a", SamplingParams = parameters }).Native.Constraint);

    [Theory]
    [InlineData(null, null, 97u)]
    [InlineData(1000u, null, 97u)]
    [InlineData(0u, null, 0u)]
    [InlineData(5u, -1, 5u)]
    [InlineData(null, 1, 99u)]
    public void Translate_MaxTokens_IsAtMostTheRoomThereIs(uint? maxTokens, int? truncation, uint expected)
    {
        var parameters = new VllmSamplingParams();
        if (maxTokens is { } most)
        {
            parameters.MaxTokens = most;
        }

        if (truncation is { } tokens)
        {
            parameters.TruncatePromptTokens = tokens;
        }

        Assert.Equal(
            expected, Translate(new GenerateRequest { Text = "abc", SamplingParams = parameters }).Native.MaxTokens);
    }

    [Fact]
    public void Translate_PromptWithoutRoom_IsLeftToTheNativeCheck()
    {
        string prompt = new('a', ContextLength);

        VllmRequest whole = Translate(new GenerateRequest { Text = prompt });
        VllmRequest cut = Translate(new GenerateRequest
        {
            Text = prompt,
            SamplingParams = new VllmSamplingParams { TruncatePromptTokens = -1 },
        });

        Assert.False(whole.Native.HasMaxTokens);
        Assert.Equal("text", whole.Names.Translate("prompt"));
        Assert.Equal((99u, 1u), (cut.Native.TruncatePromptTokens, cut.Native.MaxTokens));
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0, 0UL)]
    [InlineData(-2, 0xffff_ffff_ffff_fffeUL)]
    public void Translate_Seed_MinusOneIsNone(int seed, ulong? expected)
    {
        V1.SamplingParams sampling = Translate(new GenerateRequest
        {
            Text = "a",
            SamplingParams = new VllmSamplingParams { Seed = seed },
        }).Native.Sampling;

        Assert.Equal(expected, sampling.HasSeed ? sampling.Seed : null);
    }

    public static TheoryData<Action<GenerateRequest>, StatusCode, string> BadRequests => new()
    {
        { r => r.ClearInput(), StatusCode.InvalidArgument, "input is missing" },
        { r => r.KvTransferParams = new KvTransferParams(), StatusCode.Unimplemented, "kv_transfer_params" },
        { r => r.KvTransferParamsJson = "{}", StatusCode.Unimplemented, "kv_transfer_params_json" },
        { r => r.MmInputs = new MultimodalInputs(), StatusCode.Unimplemented, "mm_inputs" },
        { r => r.DataParallelRank = 1, StatusCode.InvalidArgument, "data_parallel_rank is 1" },
        { r => r.SamplingParams.Grammar = "g", StatusCode.Unimplemented, "sampling_params.grammar" },
        { r => r.SamplingParams.StructuralTag = "t", StatusCode.Unimplemented, "sampling_params.structural_tag" },
        { r => r.SamplingParams.Logprobs = -1, StatusCode.InvalidArgument, "sampling_params.logprobs is -1" },
        {
            r => r.SamplingParams.PromptLogprobs = -1,
            StatusCode.InvalidArgument,
            "sampling_params.prompt_logprobs is -1"
        },
        { r => r.SamplingParams.LogitBias[-3] = 1, StatusCode.InvalidArgument, "sampling_params.logit_bias[-3]" },
        {
            r => r.SamplingParams.TruncatePromptTokens = -2,
            StatusCode.InvalidArgument,
            "sampling_params.truncate_prompt_tokens is -2"
        },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public void Translate_WhatCannotBeSaid_IsRefusedByName(
        Action<GenerateRequest> spoil, StatusCode code, string message)
    {
        var request = new GenerateRequest { Text = "a", SamplingParams = new VllmSamplingParams() };
        spoil(request);

        RpcException e = Assert.Throws<RpcException>(() => Translate(request));

        Assert.Equal(code, e.StatusCode);
        Assert.StartsWith(message, e.Status.Detail);
    }

    [Theory]
    [InlineData("sampling.top_p", "sampling_params.top_p")]
    [InlineData("sampling.logit_bias[3]", "sampling_params.logit_bias[3]")]
    [InlineData("stop.strings[1]", "sampling_params.stop[1]")]
    [InlineData("stop.include_stop", "sampling_params.include_stop_str_in_output")]
    [InlineData("stop.min_tokens", "sampling_params.min_tokens")]
    [InlineData("output.prompt_logprobs", "sampling_params.prompt_logprobs")]
    [InlineData("constraint.json_schema", "sampling_params.json_object")]
    [InlineData("constraint.choice.texts[0]", "sampling_params.choice.choices[0]")]
    [InlineData("prompt_token_ids.ids[4]", "tokenized.input_ids[4]")]
    [InlineData("prompt", "tokenized.input_ids")]
    public void Names_NativeField_IsTheCallers(string native, string expected)
    {
        var request = new GenerateRequest
        {
            Tokenized = new TokenizedInput(),
            SamplingParams = new VllmSamplingParams { JsonObject = true },
        };

        Assert.Equal(expected, Translate(request).Names.Translate(native));
    }

    private static VllmRequest Translate(GenerateRequest request) =>
        VllmRequest.Translate(request, ContextLength, text => [.. text.Select(c => (int)c)]);
}
