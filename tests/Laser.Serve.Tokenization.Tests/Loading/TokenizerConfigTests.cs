namespace Laser.Serve.Tokenization.Tests.Loading;

/// <summary>Whether a text begins or ends with a token, as the two files together say.</summary>
public sealed class TokenizerConfigTests
{
    [Theory]
    [InlineData(null, new[] { 1, 0 })]
    [InlineData("{}", new[] { 1, 0 })]
    [InlineData("""{"bos_token":"b","eos_token":"c","clean_up_tokenization_spaces":false}""", new[] { 1, 0 })]
    [InlineData("""{"add_bos_token":false}""", new[] { 0 })]
    [InlineData("""{"add_bos_token":null,"add_eos_token":null}""", new[] { 1, 0 })]
    [InlineData("""{"add_bos_token":true,"bos_token":"b"}""", new[] { 1, 0 })]
    [InlineData("""{"add_bos_token":true,"bos_token":{"content":"c"}}""", new[] { 2, 0 })]
    [InlineData("""{"add_eos_token":true,"eos_token":"c"}""", new[] { 0, 2 })]
    [InlineData("""{"add_bos_token":true,"add_eos_token":true,"bos_token":"b","eos_token":"c"}""", new[] { 1, 0, 2 })]
    public void Encode_WithConfig_AddsWhatItSays(string? config, int[] expected)
    {
        ITokenizer tokenizer = TestFiles.LoadJson(TokenizerThatBeginsWithB, config);

        Assert.Equal(expected, tokenizer.Encode("a"));
        Assert.Equal([0], tokenizer.Encode("a", addSpecialTokens: false));
    }

    [Theory]
    [InlineData("""{"add_bos_token":true}""", "$: \"bos_token\" is missing")]
    [InlineData("""{"add_eos_token":true,"eos_token":"z"}""", "$.eos_token: \"z\" is not in the vocabulary")]
    [InlineData("""{"add_bos_token":"yes"}""", "$.add_bos_token: true or false expected")]
    [InlineData("[]", "$: an object expected")]
    [InlineData("{", "$: not valid JSON")]
    public void Load_WrongConfig_NamesTheFileAndThePlace(string config, string message)
    {
        TokenizerException exception =
            Assert.Throws<TokenizerException>(() => TestFiles.LoadJson(TokenizerThatBeginsWithB, config));

        Assert.EndsWith("tokenizer_config.json", exception.FilePath, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private const string TokenizerThatBeginsWithB = """
        {
          "model": { "type": "BPE", "vocab": { "a": 0, "b": 1, "c": 2 }, "merges": [] },
          "post_processor": {
            "type": "TemplateProcessing",
            "single": [{ "SpecialToken": { "id": "b", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }],
            "pair": [],
            "special_tokens": { "b": { "id": "b", "ids": [1], "tokens": ["b"] } }
          }
        }
        """;
}
