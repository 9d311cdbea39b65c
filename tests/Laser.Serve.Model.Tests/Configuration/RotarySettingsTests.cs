using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Rotary;

namespace Laser.Serve.Model.Tests.Configuration;

public sealed class RotarySettingsTests
{
    private const string Llama3 =
        """
        "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 512
        """;

    private static readonly RotarySettings ExpectedLlama3 = new()
    {
        Type = RotaryType.Llama3,
        Dim = 6,
        Theta = 500000,
        Factor = 8,
        OriginalLength = 512,
        LowFrequencyFactor = 1,
        HighFrequencyFactor = 4,
    };

    [Theory]
    [InlineData("rope_type")]
    [InlineData("type")]
    public void Load_OlderDialect_IsRead(string typeKey)
    {
        ModelConfig config = new ConfigFile().With("rope_theta", "500000.0")
            .With("rope_scaling", $$"""{"{{typeKey}}": "llama3", {{Llama3}}}""").Load();

        Assert.Equal(ExpectedLlama3, config.Rotary);
    }

    [Fact]
    public void Load_NewerDialect_IsRead()
    {
        ModelConfig config = new ConfigFile()
            .With("rope_parameters", $$"""{"rope_type": "llama3", "rope_theta": 500000, {{Llama3}}}""").Load();

        Assert.Equal(ExpectedLlama3, config.Rotary);
    }

    [Fact]
    public void Load_BothDialectsThatAgree_AreRead()
    {
        ModelConfig config = new ConfigFile().With("rope_theta", "500000")
            .With("rope_scaling", $$"""{"rope_type": "llama3", {{Llama3}}}""")
            .With("rope_parameters", $$"""{"rope_type": "llama3", "rope_theta": 500000.0, {{Llama3}}}""").Load();

        Assert.Equal(ExpectedLlama3, config.Rotary);
    }

    [Theory]
    [InlineData("""{"rope_type": "linear", "factor": 4}""", """{"rope_type": "dynamic", "factor": 4}""", "rope_type")]
    [InlineData("""{"rope_type": "linear", "factor": 4}""", """{"rope_type": "linear", "factor": 2}""", "factor")]
    [InlineData("null", """{"rope_type": "default", "rope_theta": 20000}""", "rope_theta")]
    [InlineData("""{"rope_type": "linear", "type": "yarn", "factor": 4}""", "null", "rope_type")]
    public void Load_DialectsThatDisagree_AreRefused(string scaling, string parameters, string key)
    {
        ConfigFile file = new ConfigFile().With("rope_theta", "10000")
            .With("rope_scaling", scaling).With("rope_parameters", parameters);

        Assert.Contains(key, Assert.Throws<CheckpointException>(file.Load).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rope_theta", "1")]
    [InlineData("rope_theta", "\"10000\"")]
    [InlineData("rope_scaling", "8")]
    [InlineData("rope_scaling", """{"factor": 8}""")]
    [InlineData("rope_scaling", """{"type": "su", "factor": 8}""")]
    [InlineData("rope_scaling", """{"type": "longrope", "factor": 8}""")]
    [InlineData("rope_scaling", """{"type": "linear"}""")]
    [InlineData("rope_scaling", """{"type": "linear", "factor": 0.5}""")]
    [InlineData("rope_scaling", """{"type": "default", "mrope_section": [1, 1, 1]}""")]
    [InlineData("rope_scaling", """{"type": "dynamic", "factor": 2, "original_max_position_embeddings": 512}""")]
    [InlineData("rope_scaling", """{"type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4}""")]
    [InlineData(
        "rope_scaling",
        """
        {"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4,
         "original_max_position_embeddings": 9}
        """)]
    [InlineData("rope_scaling", """{"type": "yarn", "factor": 4, "beta_fast": 1, "beta_slow": 32}""")]
    [InlineData("rope_parameters", """{"full_attention": {"rope_type": "default", "rope_theta": 10000}}""")]
    [InlineData("partial_rotary_factor", "0.2")]
    [InlineData("partial_rotary_factor", "0.5")]
    [InlineData("partial_rotary_factor", "1.5")]
    public void Load_BadValue_IsRefusedInOneLine(string key, string json)
    {
        string message = Assert.Throws<CheckpointException>(new ConfigFile().With(key, json).Load).Message;

        Assert.Contains("config.json: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("partial_rotary_factor", "0.67")]
    [InlineData("rope_parameters", """{"rope_type": "default", "partial_rotary_factor": 0.67}""")]
    public void Load_PartialRotaryFactor_RoundsDownToChannels(string key, string json) =>
        Assert.Equal(4, new ConfigFile().With(key, json).Load().Rotary.Dim);

    // 0.1 * ln(40) + 1, and the quotient of 0.1 * m * ln(40) + 1 for m = 0.707 and 1.2.
    [Theory]
    [InlineData("", 1.3688879454113936)]
    [InlineData(""", "mscale": 0.707, "mscale_all_dim": 1.2""", 0.8739404576185121)]
    [InlineData(""", "mscale": 0.707, "mscale_all_dim": 0""", 1.3688879454113936)]
    [InlineData(""", "attention_factor": 0.5, "mscale": 0.707, "mscale_all_dim": 1.2""", 0.5)]
    public void Load_Yarn_DerivesTheAttentionFactor(string more, double expected)
    {
        RotarySettings rotary = new ConfigFile()
            .With("rope_scaling", $$"""{"rope_type": "yarn", "factor": 40{{more}}}""").Load().Rotary;

        Assert.Equal(expected, rotary.AttentionFactor, 1e-15);
        Assert.Equal((32.0, 1.0, true), (rotary.BetaFast, rotary.BetaSlow, rotary.Truncate));
        Assert.Equal(2048, rotary.OriginalLength);
    }

    [Fact]
    public void Load_YarnWithoutFactor_TakesTheRatioOfLengths()
    {
        RotarySettings rotary = new ConfigFile().With("max_position_embeddings", "4096").With(
            "rope_parameters",
            """{"rope_type": "yarn", "factor": null, "original_max_position_embeddings": 1024, "truncate": false}""")
            .Load().Rotary;

        Assert.Equal((4.0, 1024, false), (rotary.Factor, rotary.OriginalLength, rotary.Truncate));
    }
}
