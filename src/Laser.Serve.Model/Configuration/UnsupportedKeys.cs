using System.Text.Json;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Configuration;

/// <summary>
/// Refuses keys that, if they were ignored, would load and give wrong logits: features of other model families that
/// this decoder does not compute, and misspelt LASER keys. Keys that only matter for training are ignored.
/// </summary>
internal static class UnsupportedKeys
{
    private static readonly string[] ModelTypes = ["laser", "laser_llama", "llama", "mistral", "qwen3"];

    private static readonly string[] LaserKeys = ["laser_value_softclamp", "laser_log_floor"];

    // Keys that change the computation unless absent, null, false or the number given here.
    private static readonly (string Key, double? Neutral)[] Unsupported =
    [
        ("quantization_config", null),
        ("compression_config", null),
        ("num_experts", 0),
        ("num_local_experts", 0),
        ("n_routed_experts", 0),
        ("attn_logit_softcapping", null),
        ("final_logit_softcapping", null),
        ("query_pre_attn_scalar", null),
        ("attention_multiplier", null),
        ("embedding_multiplier", 1),
        ("residual_multiplier", 1),
        ("logits_scaling", 1),
        ("logit_scale", 1),
        ("scale_emb", 1),
        ("scale_depth", null),
        ("clip_qkv", null),
        ("alibi", null),
        ("use_alibi", null),
        ("rope_interleave", null),
        ("rope_interleaved", null),
        ("no_rope_layers", null),
        ("no_rope_layer_interval", 0),
        ("attention_chunk_size", null),
        ("attn_temperature_tuning", 0),
        ("dual_chunk_attention_config", null),
        ("use_parallel_residual", null),
        ("parallel_attn", null),
        ("is_encoder_decoder", null),
        ("add_cross_attention", null),
    ];

    /// <summary>Throws for the first such key.</summary>
    /// <exception cref="CheckpointException">There is one.</exception>
    public static void Check(ConfigObject config)
    {
        CheckModelType(config);
        CheckLaserKeys(config);
        CheckSlidingWindow(config);
        foreach ((string key, double? neutral) in Unsupported)
        {
            if (config.Find(key) is { } value && !IsNeutral(value, neutral))
            {
                throw config.Refuse(key, $"is {value.GetRawText()}: this model does not compute that.");
            }
        }
    }

    private static bool IsNeutral(JsonElement value, double? neutral) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Number => value.TryGetDouble(out double number) && number == neutral,
        _ => false,
    };

    // Other families share the names of Llama's tensors but not its arithmetic (another norm, scaled embeddings).
    private static void CheckModelType(ConfigObject config)
    {
        string? type = config.String("model_type");
        if (type is not null && !ModelTypes.Contains(type))
        {
            throw config.Refuse(
                "model_type",
                $"is '{type}'; supported are decoders that compute what Llama does: {string.Join(", ", ModelTypes)}.");
        }
    }

    private static void CheckLaserKeys(ConfigObject config)
    {
        string? unknown = config.Keys.FirstOrDefault(
            key => (key == "laser" || key.StartsWith("laser_", StringComparison.Ordinal)) && !LaserKeys.Contains(key));
        if (unknown is not null)
        {
            throw config.Refuse(
                unknown, $"is unknown; the keys of LASER attention are {string.Join(", ", LaserKeys)}.");
        }
    }

    private static void CheckSlidingWindow(ConfigObject config)
    {
        if (config.Find("sliding_window") is { } window && (config.Flag("use_sliding_window") ?? true))
        {
            throw config.Refuse(
                "sliding_window", $"is {window.GetRawText()}: this model attends to the whole context.");
        }

        if (config.Find("layer_types") is { } types
            && !(types.ValueKind == JsonValueKind.Array && types.EnumerateArray().All(IsFullAttention)))
        {
            throw config.Refuse("layer_types", "holds something other than \"full_attention\".");
        }
    }

    private static bool IsFullAttention(JsonElement type) =>
        type.ValueKind == JsonValueKind.String && type.ValueEquals("full_attention");
}
