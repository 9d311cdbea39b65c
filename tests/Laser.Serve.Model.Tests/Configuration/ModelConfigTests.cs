using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Rotary;

namespace Laser.Serve.Model.Tests.Configuration;

public sealed class ModelConfigTests
{
    [Fact]
    public void Load_SizesOnly_HasTheDefaultsOfLlama()
    {
        ModelConfig config = new ConfigFile()
            .With("num_key_value_heads", null).With("head_dim", null).With("max_position_embeddings", "null").Load();

        Assert.Equal(
            new LaserAttentionSpec(AttentionVariant.Laser, 4, 4, 2, (float)(1 / Math.Sqrt(2))), config.Attention);
        Assert.Equal((8, 12), (config.HiddenSize, config.IntermediateSize));
        Assert.Equal((2, 10), (config.LayerCount, config.VocabularySize));
        Assert.Equal(2048, config.MaxPositionEmbeddings);
        Assert.Equal(1e-6f, config.RmsNormEpsilon);
        Assert.Equal(Activation.Silu, config.Activation);
        Assert.False(config.AttentionBias || config.MlpBias || config.UseQkNorm || config.TieWordEmbeddings);
        Assert.Equal(1, config.BosTokenId);
        Assert.Equal([2], config.EosTokenIds);
        Assert.Equal(new RotarySettings { Dim = 2, OriginalLength = 2048 }, config.Rotary);
    }

    [Fact]
    public void Load_EveryKey_IsRead()
    {
        ModelConfig config = new ConfigFile()
            .With("model_type", "\"laser\"").With("laser_value_softclamp", "15.0").With("laser_log_floor", "1e-20")
            .With("max_position_embeddings", "64").With("hidden_act", "\"gelu\"").With("rms_norm_eps", "1e-5")
            .With("attention_bias", "true").With("mlp_bias", "true").With("use_qk_norm", "true")
            .With("tie_word_embeddings", "true").With("bos_token_id", "null").With("eos_token_id", "[3, 7]")
            .With("pretraining_tp", "4").With("initializer_range", "0.02").With("sliding_window", "null").Load();

        Assert.Equal(15f, config.Attention.ValueSoftclamp);
        Assert.Equal(1e-20f, config.Attention.LogFloor);
        Assert.Equal((4, 2, 6), (config.Attention.Heads, config.Attention.KvHeads, config.Attention.HeadDim));
        Assert.Equal(64, config.MaxPositionEmbeddings);
        Assert.Equal(Activation.Gelu, config.Activation);
        Assert.Equal(1e-5f, config.RmsNormEpsilon);
        Assert.True(config.AttentionBias && config.MlpBias && config.UseQkNorm && config.TieWordEmbeddings);
        Assert.Null(config.BosTokenId);
        Assert.Equal([3, 7], config.EosTokenIds);
    }

    [Fact]
    public void Load_WithoutAttentionVariant_SaysWhatToAdd()
    {
        string message = MessageFor(new ConfigFile().With("attention_variant", null));

        Assert.Contains("config.json: attention_variant is missing", message, StringComparison.Ordinal);
        Assert.Contains("add \"attention_variant\": \"laser\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SoftmaxVariant_IsRead()
    {
        ModelConfig config = new ConfigFile()
            .With("attention_variant", "\"softmax\"").With("laser_log_floor", "null").Load();

        Assert.Equal(AttentionVariant.Softmax, config.Attention.Variant);
    }

    [Theory]
    [InlineData("laser_value_softclamp")]
    [InlineData("laser_log_floor")]
    public void Load_LaserKeyWithSoftmax_IsRefused(string key) => Assert.Contains(
        $"{key} is for LASER",
        MessageFor(new ConfigFile().With("attention_variant", "\"softmax\"").With(key, "0.5")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("\"silu\"", Activation.Silu)]
    [InlineData("\"swish\"", Activation.Silu)]
    [InlineData("\"gelu\"", Activation.Gelu)]
    [InlineData("\"gelu_new\"", Activation.GeluTanh)]
    [InlineData("\"gelu_pytorch_tanh\"", Activation.GeluTanh)]
    public void Load_KnownActivation_IsRead(string json, Activation expected) =>
        Assert.Equal(expected, new ConfigFile().With("hidden_act", json).Load().Activation);

    [Theory]
    [InlineData("attention_variant", "\"lazer\"")]
    [InlineData("attention_variant", "true")]
    [InlineData("hidden_size", null)]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "-8")]
    [InlineData("hidden_size", "8.5")]
    [InlineData("hidden_size", "\"8\"")]
    [InlineData("hidden_size", "2147483648")]
    [InlineData("hidden_size", "1048577")]
    [InlineData("intermediate_size", null)]
    [InlineData("num_hidden_layers", null)]
    [InlineData("num_hidden_layers", "100000")]
    [InlineData("num_attention_heads", null)]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("num_key_value_heads", "8")]
    [InlineData("num_key_value_heads", "0")]
    [InlineData("vocab_size", null)]
    [InlineData("vocab_size", "100000000")]
    [InlineData("head_dim", "5")]
    [InlineData("head_dim", "524288")]
    [InlineData("max_position_embeddings", "0")]
    [InlineData("rms_norm_eps", "0")]
    [InlineData("rms_norm_eps", "1e-60")]
    [InlineData("rms_norm_eps", "\"1e-5\"")]
    [InlineData("hidden_act", "\"relu\"")]
    [InlineData("attention_bias", "1")]
    [InlineData("tie_word_embeddings", "\"yes\"")]
    [InlineData("laser_value_softclamp", "0")]
    [InlineData("laser_value_softclamp", "-15")]
    [InlineData("laser_value_softclamp", "1e300")]
    [InlineData("laser_log_floor", "0")]
    [InlineData("laser_log_floor", "1e-60")]
    [InlineData("eos_token_id", "10")]
    [InlineData("eos_token_id", "[1, -1]")]
    [InlineData("bos_token_id", "[1]")]
    public void Load_BadValue_IsRefusedByKey(string key, string? json) =>
        Assert.Contains($"config.json: {key} ", MessageFor(new ConfigFile().With(key, json)), StringComparison.Ordinal);

    [Fact]
    public void Load_HeadDimAbsentAndNotDerivable_IsRefused() => Assert.Contains(
        "head_dim is missing",
        MessageFor(new ConfigFile().With("head_dim", null).With("hidden_size", "10")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("model_type", "\"gemma\"")]
    [InlineData("sliding_window", "4096")]
    [InlineData("layer_types", "[\"full_attention\", \"sliding_attention\"]")]
    [InlineData("quantization_config", "{\"bits\": 4}")]
    [InlineData("num_experts", "8")]
    [InlineData("num_local_experts", "8")]
    [InlineData("attn_logit_softcapping", "50.0")]
    [InlineData("final_logit_softcapping", "30.0")]
    [InlineData("logit_scale", "0.0625")]
    [InlineData("residual_multiplier", "0.22")]
    [InlineData("embedding_multiplier", "12")]
    [InlineData("attention_multiplier", "1")]
    [InlineData("alibi", "true")]
    [InlineData("laser", "{\"value_softclamp\": 15}")]
    [InlineData("laser_softclamp_value", "15")]
    public void Load_KeyThatChangesTheComputation_IsRefused(string key, string json) =>
        Assert.Contains($"config.json: {key} ", MessageFor(new ConfigFile().With(key, json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("model_type", "\"llama\"")]
    [InlineData("layer_types", "[\"full_attention\", \"full_attention\"]")]
    [InlineData("quantization_config", "null")]
    [InlineData("num_experts", "0")]
    [InlineData("logit_scale", "1.0")]
    [InlineData("residual_multiplier", "1")]
    [InlineData("alibi", "false")]
    [InlineData("pretraining_tp", "2")]
    public void Load_KeyWithNeutralValue_IsAccepted(string key, string json) =>
        Assert.Equal(8, new ConfigFile().With(key, json).Load().HiddenSize);

    [Fact]
    public void Load_SlidingWindowSwitchedOff_IsAccepted() => Assert.Equal(
        8, new ConfigFile().With("sliding_window", "4096").With("use_sliding_window", "false").Load().HiddenSize);

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("{\"hidden_size\": 8, \"hidden_size\": 16}", "not valid JSON")]
    [InlineData("{\"hidden_act\": \"\\udc00\"}", "not valid UTF-8")]
    public void Load_BrokenFile_IsRefused(string text, string problem)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", text);

        var error = Assert.Throws<CheckpointException>(() => ModelConfig.Load(folder.Path));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoFile_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.Throws<CheckpointException>(() => ModelConfig.Load(folder.Path));

        Assert.Contains("config.json: cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateCacheLayout_OfAModel_HasItsShape()
    {
        ModelConfig config = new ConfigFile().Load();

        KvCacheLayout layout = config.CreateCacheLayout(blockCount: 7, openSlotCount: 3);

        Assert.Equal(config.Attention, layout.Attention);
        Assert.Equal((2, 7, 3), (layout.LayerCount, layout.BlockCount, layout.OpenSlotCount));
    }

    private static string MessageFor(ConfigFile file) => Assert.Throws<CheckpointException>(file.Load).Message;
}
