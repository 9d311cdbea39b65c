using System.Text.Json.Nodes;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Conversion;
using Laser.Serve.Model.Tests.Checkpoints;

namespace Laser.Serve.Model.Tests.Conversion;

/// <summary>What cannot be converted exactly is refused by name, and nothing is written.</summary>
public sealed class RefusalTests
{
    private const string Gqa = "rms-swiglu-gqa-f32";

    [Theory]
    [InlineData("sandwich_norm", "true")]
    [InlineData("alibi_pos_bias", "true")]
    [InlineData("rel_pos_bias", "true")]
    [InlineData("rotary_xpos", "true")]
    [InlineData("rotary_pos_emb", "false")]
    [InlineData("disable_abs_pos_emb", "false")]
    [InlineData("shift_tokens", "1")]
    [InlineData("pre_norm", "false")]
    [InlineData("macaron", "true")]
    [InlineData("add_value_residual", "true")]
    [InlineData("num_residual_streams", "4")]
    [InlineData("attn_on_attn", "true")]
    [InlineData("attn_num_mem_kv", "16")]
    [InlineData("attn_gate_values", "true")]
    [InlineData("attn_max_attend_past", "128")]
    [InlineData("attn_qk_norm_groups", "2")]
    [InlineData("attn_softclamp_logits", "true")]
    [InlineData("attn_value_dim_head", "8")]
    [InlineData("attn_kv_heads", "3")]
    [InlineData("attn_kv_heads", "[2, 2]")]
    [InlineData("attn_one_kv_head", "true")]
    [InlineData("attn_laser", "null")]
    [InlineData("attn_laser_softclamp_value", "0")]
    [InlineData("norm_add_unit_offset", "null")]
    [InlineData("use_scalenorm", "true")]
    [InlineData("use_derf", "true")]
    [InlineData("rotary_emb_dim", "2")]
    [InlineData("rotary_emb_dim", "7")]
    [InlineData("rotary_emb_dim", "32")]
    [InlineData("rotary_interpolation_factor", "0.5")]
    [InlineData("ff_relu_squared", "true")]
    [InlineData("ff_post_act_ln", "true")]
    [InlineData("ff_glu_mult_bias", "true")]
    [InlineData("ff_mult", "0")]
    [InlineData("attn_not_invented_yet", "false")]
    public void Convert_DecoderArgument_IsRefusedByName(string key, string json) => AssertRefused("Decoder", key, json);

    [Theory]
    [InlineData("num_memory_tokens", "4")]
    [InlineData("post_emb_norm", "true")]
    [InlineData("emb_dim", "16")]
    [InlineData("l2norm_embed", "true")]
    [InlineData("num_output_heads", "2")]
    [InlineData("max_seq_len", "0")]
    [InlineData("num_tokens", "\"many\"")]
    [InlineData("something_else", "1")]
    public void Convert_WrapperArgument_IsRefusedByName(string key, string json) =>
        AssertRefused("TransformerWrapper", key, json);

    [Fact]
    public void Convert_QueryKeyNormBesideLayerNorm_IsRefused()
    {
        using var source = new SourceFolder("layernorm-gelu-tied-bf16");
        source.Description["Decoder"]!["attn_qk_norm"] = true;

        Assert.Contains("Decoder.attn_qk_norm is true in a model with layer norm", Refusal(source));
    }

    [Theory]
    [InlineData("attn_dropout", "0.1")]
    [InlineData("attn_flash", "true")]
    [InlineData("sandwich_norm", "false")]
    [InlineData("attn_num_mem_kv", "0")]
    [InlineData("rotate_num_heads", "null")]
    [InlineData("scale_residual_constant", "1.0")]
    [InlineData("pre_norm", "true")]
    [InlineData("attn_laser_softclamp_value", "15.0")]
    public void Convert_ArgumentThatChangesNothing_GivesTheSameFiles(string key, string json)
    {
        using var plain = new SourceFolder(Gqa);
        using var other = new SourceFolder(Gqa);
        other.Description["Decoder"]![key] = JsonNode.Parse(json);
        other.Save();

        XTransformersConverter.Convert(plain.Request);
        XTransformersConverter.Convert(other.Request);

        foreach (string file in new[] { "config.json", "model.safetensors" })
        {
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(plain.Target, file)),
                File.ReadAllBytes(Path.Combine(other.Target, file)));
        }
    }

    [Theory]
    [InlineData("version", "\"1.42.22\"")]
    [InlineData("version", "\"3.0.0\"")]
    [InlineData("version", "\"new\"")]
    [InlineData("version", "null")]
    [InlineData("Decoder", "null")]
    [InlineData("Encoder", "{}")]
    [InlineData("eos_token_id", "80")]
    public void Convert_Description_IsRefusedByName(string key, string json)
    {
        using var source = new SourceFolder(Gqa);
        source.Description[key] = JsonNode.Parse(json);

        Assert.Contains($"x-transformers.json: {key} ", Refusal(source));
    }

    [Fact]
    public void Convert_TensorNobodyAskedFor_IsRefusedByName()
    {
        using var source = new SourceFolder(Gqa);
        source.Tensors.Add(StoredTensor.Counting("attn_layers.layers.0.1.to_v_gate.weight", 0, 4, 4));

        Assert.Contains("holds tensor 'attn_layers.layers.0.1.to_v_gate.weight'", Refusal(source));
    }

    [Fact]
    public void Convert_MissingTensor_IsRefusedByName()
    {
        using var source = new SourceFolder(Gqa);
        source.Tensors.RemoveAll(tensor => tensor.Name == "attn_layers.layers.2.1.to_k.weight");

        Assert.Contains("lacks tensor 'attn_layers.layers.2.1.to_k.weight'", Refusal(source));
    }

    [Fact]
    public void Convert_OtherWidthThanTheTensors_IsRefusedWithBothShapes()
    {
        using var source = new SourceFolder(Gqa);
        source.Description["Decoder"]!["ff_mult"] = 2;

        Assert.Contains("has shape [96, 32], the configuration asks for [128, 32]", Refusal(source));
    }

    [Fact]
    public void Convert_OtherFrequenciesThanStored_IsRefused()
    {
        using var source = new SourceFolder(Gqa);
        source.Description["Decoder"]!["rotary_base_rescale_factor"] = 2;

        Assert.Contains("inv_freq: holds 0.1", Refusal(source));
    }

    [Fact]
    public void Convert_RoundedFrequencies_AreRefused()
    {
        using var source = new SourceFolder(Gqa);
        int index = source.Tensors.FindIndex(tensor => tensor.Name.EndsWith("inv_freq", StringComparison.Ordinal));
        source.Tensors[index] = source.Tensors[index].AsBFloat16();

        Assert.Contains("inv_freq: is BFloat16", Refusal(source));
    }

    [Theory]
    [InlineData("model.pt")]
    [InlineData("model.bin")]
    public void Convert_Pickle_SaysWhatToDo(string name)
    {
        using var source = new SourceFolder(Gqa);

        var error = Assert.Throws<CheckpointException>(
            () => XTransformersConverter.Convert(source.Request with { Source = Path.Combine(source.Parent, name) }));

        Assert.Contains("save the state dict with safetensors", error.Message);
    }

    private static void AssertRefused(string section, string key, string json)
    {
        using var source = new SourceFolder(Gqa);
        source.Description[section]![key] = JsonNode.Parse(json);

        Assert.Contains($"x-transformers.json: {section}.{key} ", Refusal(source));
    }

    private static string Refusal(SourceFolder source)
    {
        source.Save();
        var error = Assert.Throws<CheckpointException>(() => XTransformersConverter.Convert(source.Request));
        Assert.Equal([source.Path], Directory.GetFileSystemEntries(source.Parent));
        return error.Message;
    }
}
