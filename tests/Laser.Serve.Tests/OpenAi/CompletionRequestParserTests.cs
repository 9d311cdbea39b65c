using System.Text;
using Laser.Serve.OpenAi;

namespace Laser.Serve.Tests.OpenAi;

public class CompletionRequestParserTests
{
    [Theory]
    [InlineData("", null, "invalid_json", "The body is empty.")]
    [InlineData("{\"prompt\":", null, "invalid_json", "The body is not valid JSON: line 1, byte 11.")]
    [InlineData("{\"prompt\":\"a\"}\n x", null, "invalid_json", "The body is not valid JSON: line 2, byte 2.")]
    [InlineData("{\"prompt\":\"a\",}", null, "invalid_json", "The body is not valid JSON: line 1, byte 15.")]
    [InlineData("[]", null, "invalid_json", "The body is not a JSON object.")]
    [InlineData("null", null, "invalid_json", "The body is not a JSON object.")]
    [InlineData("{\"tempreature\":1}", "tempreature", "unknown_parameter", "'tempreature'")]
    [InlineData("{\"a\":1,\"b\":{\"prompt\":1},\"n\":1}", "a", "unknown_parameter", "'a', 'b';")]
    [InlineData("{\"Prompt\":\"a\"}", "Prompt", "unknown_parameter", "'Prompt'")]
    [InlineData("{\"n\":1,\"\\u006e\":2}", "n", "duplicate_parameter", "n is there twice.")]
    [InlineData("{\"prompt\":\"\\ud800\"}", "prompt", "invalid_value", "prompt has an escape that is half of a surrogate pair.")]
    [InlineData("{\"temperature\":\"1\"}", "temperature", "invalid_type", "temperature must be a number.")]
    [InlineData("{\"max_tokens\":-1}", "max_tokens", "invalid_type", "max_tokens must be a whole number from 0 to 4294967295.")]
    [InlineData("{\"n\":1.5}", "n", "invalid_type", "n must be a whole number from 0 to 4294967295.")]
    [InlineData("{\"seed\":1.5}", "seed", "invalid_type", "seed must be a whole number.")]
    [InlineData("{\"stream\":1}", "stream", "invalid_type", "stream must be true or false.")]
    [InlineData("{\"model\":1}", "model", "invalid_type", "model must be a string.")]
    [InlineData("{\"logprobs\":true}", "logprobs", "invalid_type", "logprobs must be a whole number from 0 to 4294967295.")]
    [InlineData("{\"stop\":3}", "stop", "invalid_type", "stop must be a string or a list of strings.")]
    [InlineData("{\"stop\":[\"a\",null]}", "stop", "invalid_type", "stop must be a string or a list of strings.")]
    [InlineData("{\"stop_token_ids\":[1,-2]}", "stop_token_ids", "invalid_type", "stop_token_ids must be a list of token ids.")]
    [InlineData("{\"logit_bias\":{\"x\":1}}", "logit_bias", "invalid_type", "logit_bias must be an object from token ids to numbers.")]
    [InlineData("{\"guided_choice\":\"a\"}", "guided_choice", "invalid_type", "guided_choice must be a list of strings.")]
    [InlineData("{\"stream_options\":true}", "stream_options", "invalid_type", "stream_options must be an object.")]
    [InlineData("{\"stream_options\":{\"x\":1}}", "stream_options.x", "unknown_parameter", "'stream_options.x'")]
    [InlineData(
        "{\"stream_options\":{\"include_usage\":1}}",
        "stream_options.include_usage",
        "invalid_type",
        "stream_options.include_usage must be true or false.")]
    [InlineData(
        "{\"response_format\":{\"json_schema\":{\"x\":1}}}",
        "response_format.json_schema.x",
        "unknown_parameter",
        "'response_format.json_schema.x'")]
    public void Parse_BadBody_IsRefusedNamingTheParameter(string body, string? parameter, string code, string message)
    {
        OpenAiException e = Assert.Throws<OpenAiException>(() => Parse(body));

        Assert.Equal(400, e.Status);
        Assert.Equal(parameter, e.Error.Param);
        Assert.Equal(code, e.Error.Code);
        Assert.Contains(message, e.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_BadUtf8_IsRefused()
    {
        byte[] body = [.. "{\"prompt\":\""u8, 0xc3, .. "\"}"u8];

        OpenAiException e = Assert.Throws<OpenAiException>(() => CompletionRequestParser.Parse(body));

        Assert.Equal("The body is not valid UTF-8.", e.Error.Message);
    }

    [Fact]
    public void Parse_DeeplyNested_IsRefused()
    {
        string body = "{\"guided_json\":" + new string('[', 100_000);

        OpenAiException e = Assert.Throws<OpenAiException>(() => Parse(body));

        Assert.Equal("invalid_json", e.Error.Code);
    }

    [Theory]
    [InlineData("\"a\"", "a")]
    [InlineData("\"\"", "")]
    [InlineData("[\"a\",\"b\"]", "a|b")]
    [InlineData("[1,2]", "1,2")]
    [InlineData("[[1,2],[],[3]]", "1,2||3")]
    [InlineData("[]", null)]
    public void Parse_Prompt_TakesAllForms(string json, string? expected)
    {
        IReadOnlyList<Prompt> prompts = Parse($"{{\"prompt\":{json},\"n\":1}}").Prompt!.Items;

        string actual = string.Join('|', prompts.Select(p => p.Text ?? string.Join(',', p.TokenIds!)));
        Assert.Equal(expected ?? "", actual);
        Assert.Equal(expected is null, prompts.Count == 0);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("[\"a\",1]")]
    [InlineData("[1,\"a\"]")]
    [InlineData("[[1],2]")]
    [InlineData("[[1],\"a\"]")]
    [InlineData("[[\"a\"]]")]
    [InlineData("[[[1]]]")]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("[1.5]")]
    [InlineData("[-1]")]
    [InlineData("[4294967296]")]
    public void Parse_PromptOfAnotherForm_IsRefused(string json)
    {
        OpenAiException e = Assert.Throws<OpenAiException>(() => Parse($"{{\"prompt\":{json}}}"));

        Assert.Equal("prompt", e.Error.Param);
        Assert.StartsWith("prompt must be a string, a list of strings,", e.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Nulls_AreAsIfLeftOut()
    {
        string names = string.Join(
            ',', OpenAiJson.Default.CompletionRequest.Properties.Select(property => $"\"{property.Name}\":null"));

        Assert.Equal(new CompletionRequest(), Parse($"{{{names}}}"));
    }

    private static CompletionRequest Parse(string body) => CompletionRequestParser.Parse(Encoding.UTF8.GetBytes(body));
}
