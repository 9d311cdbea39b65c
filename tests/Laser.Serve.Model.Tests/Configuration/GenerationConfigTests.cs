using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Configuration;

namespace Laser.Serve.Model.Tests.Configuration;

public sealed class GenerationConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelConfig _model =
        new ConfigFile().With("eos_token_id", "[4, 5]").With("bos_token_id", "3").Load();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_NoFile_TakesTheModelsTokensAndLeavesTheRestOpen()
    {
        GenerationConfig config = GenerationConfig.Load(_folder.Path, _model);

        Assert.Equal([4, 5], config.EosTokenIds);
        Assert.Equal(
            new GenerationConfig { EosTokenIds = config.EosTokenIds, BosTokenId = 3 },
            config);
    }

    [Fact]
    public void Load_File_OverridesTheModel()
    {
        _folder.Write(
            "generation_config.json",
            """
            {"eos_token_id": 7, "do_sample": true, "temperature": 0.8, "top_k": 40, "top_p": 0.95, "max_new_tokens": 64,
             "transformers_version": "4.45.0"}
            """);

        GenerationConfig config = GenerationConfig.Load(_folder.Path, _model);

        Assert.Equal([7], config.EosTokenIds);
        Assert.Equal(3, config.BosTokenId);
        Assert.Equal((true, 64), (config.DoSample, config.MaxNewTokens));
        Assert.Equal((0.8, 40, 0.95), (config.Temperature, config.TopK, config.TopP));
    }

    [Theory]
    [InlineData("eos_token_id", "10")]
    [InlineData("eos_token_id", "[]x")]
    [InlineData("temperature", "-1")]
    [InlineData("temperature", "1e9")]
    [InlineData("top_k", "-1")]
    [InlineData("top_p", "0")]
    [InlineData("top_p", "1.1")]
    [InlineData("max_new_tokens", "0")]
    [InlineData("do_sample", "1")]
    public void Load_BadValue_IsRefused(string key, string json)
    {
        _folder.Write("generation_config.json", $$"""{"{{key}}": {{json}}}""");

        var error = Assert.Throws<CheckpointException>(() => GenerationConfig.Load(_folder.Path, _model));

        Assert.Contains("generation_config.json: ", error.Message, StringComparison.Ordinal);
    }
}
