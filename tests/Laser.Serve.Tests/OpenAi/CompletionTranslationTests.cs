using System.Text;
using Laser.Serve.OpenAi;
using Laser.Serve.V1;

namespace Laser.Serve.Tests.OpenAi;

public class CompletionTranslationTests
{
    private const string Everything = """
        {
          "model": "m", "prompt": "p", "max_tokens": 5, "temperature": 0.5, "top_p": 0.25, "n": 2, "stream": true,
          "stream_options": {"include_usage": true}, "stop": ["x", "y"], "seed": 9, "logprobs": 3, "echo": true,
          "presence_penalty": 0.125, "frequency_penalty": -0.5, "logit_bias": {"7": -100, "8": 1.5}, "user": "u", "best_of": 2,
          "suffix": null, "top_k": 4, "min_p": 0.0625, "typical_p": 0.75, "repetition_penalty": 1.25, "min_tokens": 2,
          "ignore_eos": true, "stop_token_ids": [11, 12], "include_stop_str_in_output": true, "skip_special_tokens": false,
          "allowed_token_ids": [1, 2], "guided_regex": "[a-z]+", "truncate_prompt_tokens": 100, "time_limit_ms": 2000,
          "priority": -3, "cache_salt": "s", "return_token_ids": true
        }
        """;

    [Fact]
    public void Translate_EveryParameter_ReachesItsField()
    {
        GenerateRequest native = Assert.Single(Translate(Everything));

        Assert.Equal(
            new GenerateRequest
            {
                Model = "m",
                Prompt = "p",
                MaxTokens = 5,
                N = 2,
                RequestId = "id",
                TruncatePromptTokens = 100,
                TimeLimitMs = 2000,
                Priority = -3,
                Cache = new CacheParams { Salt = "s" },
                Constraint = new Constraint { Regex = "[a-z]+" },
                Sampling = new SamplingParams
                {
                    Temperature = 0.5f,
                    TopK = 4,
                    TopP = 0.25f,
                    Seed = 9,
                    MinP = 0.0625f,
                    TypicalP = 0.75f,
                    RepetitionPenalty = 1.25f,
                    PresencePenalty = 0.125f,
                    FrequencyPenalty = -0.5f,
                    LogitBias = { [7] = -100, [8] = 1.5f },
                    AllowedTokenIds = { 1, 2 },
                },
                Stop = new StopParams
                {
                    Strings = { "x", "y" },
                    TokenIds = { 11, 12 },
                    IncludeStop = true,
                    MinTokens = 2,
                    IgnoreEos = true,
                },
                Output = new OutputParams
                {
                    Text = true,
                    TokenIds = true,
                    Echo = true,
                    SkipSpecialTokens = false,
                    Logprobs = 3,
                    PromptLogprobs = 3,
                },
            },
            native);
    }

    [Fact]
    public void Everything_Listed_IsEveryParameterButTheOtherConstraints()
    {
        string[] others = ["guided_choice", "guided_json", "response_format"];

        Assert.All(
            OpenAiJson.Default.CompletionRequest.Properties.Select(property => property.Name).Except(others),
            name => Assert.Contains($"\"{name}\":", Everything, StringComparison.Ordinal));
    }

    [Fact]
    public void Translate_PromptOnly_LeavesTheRestToTheModelBut16Tokens() => Assert.Equal(
        new GenerateRequest
        {
            Prompt = "p",
            MaxTokens = 16,
            RequestId = "id",
            Sampling = new SamplingParams(),
            Stop = new StopParams(),
            Output = new OutputParams { Text = true, TokenIds = false },
        },
        Assert.Single(Translate("""{"prompt":"p"}""")));

    [Fact]
    public void Translate_SeveralPrompts_AreARequestEach()
    {
        IReadOnlyList<GenerateRequest> texts = Translate("""{"prompt":["a","b"],"seed":1}""");
        IReadOnlyList<GenerateRequest> ids = Translate("""{"prompt":[[1,2],[3]]}""");

        Assert.Equal(["a", "b"], texts.Select(r => r.Prompt));
        Assert.Equal(["id-0", "id-1"], texts.Select(r => r.RequestId));
        Assert.All(texts, r => Assert.Equal(1ul, r.Sampling.Seed));
        Assert.Equal([1u, 2u], ids[0].PromptTokenIds.Ids);
        Assert.Equal([3u], ids[1].PromptTokenIds.Ids);
    }

    [Theory]
    [InlineData("-1", ulong.MaxValue)]
    [InlineData("-9223372036854775808", 1ul << 63)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    public void Translate_Seed_KeepsItsBits(string json, ulong seed) =>
        Assert.Equal(seed, Translate($"{{\"prompt\":\"p\",\"seed\":{json}}}")[0].Sampling.Seed);

    [Fact]
    public void Translate_TopKMinusOne_IsAllTokens() =>
        Assert.Equal(0u, Translate("""{"prompt":"p","top_k":-1}""")[0].Sampling.TopK);

    [Theory]
    [InlineData("{}", "prompt", "missing_required_parameter")]
    [InlineData("""{"prompt":[]}""", "prompt", "invalid_value")]
    [InlineData("""{"prompt":"p","suffix":"s"}""", "suffix", "unsupported_parameter")]
    [InlineData("""{"prompt":"p","best_of":2}""", "best_of", "unsupported_value")]
    [InlineData("""{"prompt":"p","n":3,"best_of":2}""", "best_of", "unsupported_value")]
    [InlineData("""{"prompt":"p","top_k":-2}""", "top_k", "invalid_value")]
    [InlineData("""{"prompt":"p","seed":18446744073709551616}""", "seed", "invalid_value")]
    [InlineData("""{"prompt":"p","seed":-9223372036854775809}""", "seed", "invalid_value")]
    [InlineData("""{"prompt":"p","stream_options":{}}""", "stream_options", "invalid_value")]
    [InlineData("""{"prompt":"p","stream":false,"stream_options":{}}""", "stream_options", "invalid_value")]
    [InlineData("""{"prompt":"p","guided_regex":"a","guided_choice":["a"]}""", "guided_regex", "invalid_value")]
    [InlineData("""{"prompt":"p","response_format":{"type":"yaml"}}""", "response_format.type", "invalid_value")]
    [InlineData("""{"prompt":"p","response_format":{}}""", "response_format.type", "invalid_value")]
    [InlineData(
        """{"prompt":"p","response_format":{"type":"json_schema"}}""",
        "response_format.json_schema.schema",
        "missing_required_parameter")]
    public void Translate_WhatCannotBe_IsRefusedNamingTheParameter(string body, string parameter, string code)
    {
        OpenAiException e = Assert.Throws<OpenAiException>(() => Translate(body));

        Assert.Equal((400, parameter, code), (e.Status, e.Error.Param, e.Error.Code));
    }

    [Fact]
    public void Translate_TooManyPrompts_AreRefused()
    {
        string prompts = string.Join(',', Enumerable.Repeat("\"a\"", 65));

        OpenAiException e = Assert.Throws<OpenAiException>(() => Translate($"{{\"prompt\":[{prompts}]}}"));

        Assert.Equal("prompt has 65 entries; 1 to 64 are allowed.", e.Error.Message);
    }

    [Theory]
    [InlineData("\"guided_json\":{\"type\": \"integer\"}", "{\"type\": \"integer\"}")]
    [InlineData("\"guided_json\":\"{\\\"type\\\":\\\"integer\\\"}\"", "{\"type\":\"integer\"}")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "{\"type\":\"object\"}")]
    [InlineData(
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,\"schema\":{\"a\":1}}}",
        "{\"a\":1}")]
    public void Translate_JsonWanted_IsASchema(string parameter, string schema) => Assert.Equal(
        new Constraint { JsonSchema = schema }, Translate($"{{\"prompt\":\"p\",{parameter}}}")[0].Constraint);

    [Fact]
    public void Translate_Choice_IsAChoice() => Assert.Equal(
        new Constraint { Choice = new Choices { Texts = { "yes", "no" } } },
        Translate("""{"prompt":"p","guided_choice":["yes","no"],"response_format":{"type":"text"}}""")[0].Constraint);

    private static IReadOnlyList<GenerateRequest> Translate(string body) =>
        CompletionTranslation.Translate(CompletionRequestParser.Parse(Encoding.UTF8.GetBytes(body)), "id");
}
