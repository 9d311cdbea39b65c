using System.Globalization;
using System.Text.Json;
using Laser.Serve.Model.Configuration;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// Which arguments of x-transformers may stand in the description, and with which values. One that is not listed is
/// refused: it may change what the tensors mean.
/// </summary>
/// <param name="Read">Read by the converter.</param>
/// <param name="Inert">Matter in training, or for speed: ignored.</param>
/// <param name="Off">Features this server lacks, switched off by false, null or 0.</param>
/// <param name="Fixed">The same, with the only value that can be converted.</param>
internal sealed record ArgumentRules(string[] Read, string[] Inert, string[] Off, (string Key, string Json)[] Fixed)
{
    /// <summary>Arguments that are None unless given, so that null says nothing new.</summary>
    private static readonly string[] NoneByDefault = ["attn_kv_heads", "rotary_emb_dim", "disable_abs_pos_emb"];

    /// <summary>Arguments of <c>TransformerWrapper</c>.</summary>
    public static ArgumentRules Wrapper { get; } = new(
        Read: ["num_tokens", "max_seq_len", "tie_embedding", "use_abs_pos_emb"],
        Inert: ["emb_dropout", "emb_frac_gradient", "attn_z_loss_weight", "input_not_include_cache"],
        Off:
        [
            "max_mem_len", "shift_mem_down", "post_emb_norm", "num_memory_tokens", "memory_tokens_interspersed_every",
            "return_only_embed", "scaled_sinu_pos_emb", "l2norm_embed", "recycling", "looped", "average_pool_embed",
            "use_cls_token", "attn_pool", "squeeze_out_last_dim", "mixture_of_softmax", "sigsoftmax_logits",
            "ff_deep_embed", "add_continuous_pred_head", "emb_dim", "logits_dim", "token_emb", "to_logits",
        ],
        Fixed: [("num_output_heads", "1"), ("embed_num_tokens", "{}")]);

    /// <summary>Arguments of <c>Decoder</c>.</summary>
    public static ArgumentRules Decoder { get; } = new(
        Read:
        [
            "dim", "depth", "heads", "attn_dim_head", "attn_kv_heads", "attn_one_kv_head", "attn_laser",
            "attn_laser_softclamp_value", "attn_qk_norm", "attn_qk_norm_scale", "use_rmsnorm", "use_scalenorm",
            "use_simple_rmsnorm", "norm_add_unit_offset", "rotary_pos_emb", "rotary_emb_dim", "disable_abs_pos_emb",
            "rotary_interpolation_factor", "rotary_base_rescale_factor", "ff_mult", "ff_glu", "ff_swish", "ff_no_bias",
        ],
        Inert:
        [
            "verbose", "layer_dropout", "zero_init_branch_output", "attn_dropout", "attn_sublayer_dropout",
            "attn_zero_init_output", "attn_flash", "attn_onnxable", "attn_attend_sdp_kwargs", "ff_dropout",
            "ff_sublayer_dropout", "ff_zero_init_output",
        ],
        Off:
        [
            // Positions.
            "alibi_pos_bias", "rel_pos_bias", "dynamic_pos_bias", "rotary_xpos", "rotate_num_heads", "polar_pos_emb",
            "shift_tokens", "attn_data_dependent_alibi", "attn_data_dependent_alibi_per_row", "attn_use_cope",
            "attn_use_rel_proj_pos_bias",

            // Norms, residual stream and order of layers.
            "use_dynamic_tanh", "use_derf", "use_adaptive_layernorm", "use_adaptive_rmsnorm",
            "use_adaptive_layerscale", "adaptive_condition_mlp", "dim_condition", "use_layerscale", "sandwich_norm",
            "pre_and_post_norm", "softclamp_output", "cross_attend", "only_cross", "weight_tie_layers",
            "custom_layers", "layers_execute_order", "sandwich_coef", "par_ratio", "macaron", "residual_attn",
            "cross_residual_attn", "attn_aggregated_residuals", "gate_residual", "orthog_residual",
            "mv_split_residual", "scale_residual", "unet_skips", "integrate_layers", "qkv_receive_diff_residuals",
            "reinject_input", "learned_reinject_input_gate", "add_value_residual",

            // Attention.
            "attn_on_attn", "attn_num_mem_kv", "attn_add_zero_kv", "attn_head_learned_sink", "attn_head_scale",
            "attn_pre_talking_heads", "attn_post_talking_heads", "attn_pre_scale_post_talking_heads",
            "attn_talking_heads", "attn_sparse_topk", "attn_hard", "attn_sigmoid", "attn_gumbel_softmax",
            "attn_selective", "attn_cog_signed", "attn_l2_distance", "attn_max_attend_past", "attn_softclamp_logits",
            "attn_gate_values", "attn_swiglu_values", "attn_gate_value_heads", "attn_output_gate",
            "attn_qk_norm_dim_scale", "attn_qk_rmsnorm", "attn_k_rmsnorm", "attn_value_rmsnorm",
            "attn_value_dim_head", "attn_dim_out", "attn_dim_context", "attn_project_out", "attn_custom_attn_fn",
            "attn_hybrid_module", "attn_learned_value_residual_mix", "attn_orthog_projected_values",
            "attn_orthog_projected_values_per_head", "attn_use_latent_q", "attn_use_latent_kv",
            "attn_latent_rope_subheads", "attn_inverted_attention", "attn_flash_pack_seq",

            // Feed-forward.
            "ff_glu_mult_bias", "ff_relu_squared", "ff_solu", "ff_custom_activation", "ff_post_act_ln",
            "ff_softclamp_value", "ff_glu_gate_softclamp_value", "ff_dim_out",
        ],
        Fixed:
        [
            ("pre_norm", "true"), ("pre_norm_has_final_norm", "true"), ("num_residual_streams", "1"),
            ("scale_residual_constant", "1"), ("attn_qk_norm_groups", "1"),
        ]);

    /// <summary>Refuses the first argument that cannot be converted.</summary>
    /// <exception cref="Checkpoints.CheckpointException">There is one.</exception>
    public void Check(ConfigObject arguments)
    {
        foreach (string key in arguments.Keys.Where(key => !Inert.Contains(key)))
        {
            JsonElement? value = arguments.Find(key);
            if (Read.Contains(key))
            {
                if (value is null && !NoneByDefault.Contains(key))
                {
                    throw arguments.Refuse(key, "is null; leave it out where the model has the default.");
                }
            }
            else if (Off.Contains(key) ? !IsOff(value) : !IsFixed(arguments, key, value))
            {
                throw arguments.Refuse(key, $"is {Text(value)}: this server's transformer does not compute that.");
            }
        }
    }

    private static bool IsOff(JsonElement? value) =>
        value is null or { ValueKind: JsonValueKind.False }
        || (value is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out double zero) && zero == 0);

    private bool IsFixed(ConfigObject arguments, string key, JsonElement? value)
    {
        string expected = Fixed.FirstOrDefault(rule => rule.Key == key).Json
            ?? throw arguments.Refuse(key, "is an argument this converter does not know; it may change the model.");
        return Text(value) == expected;
    }

    // Python writes 1.0 where it means 1.
    private static string Text(JsonElement? value) => value switch
    {
        null => "null",
        { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out double plain) =>
            plain.ToString("R", CultureInfo.InvariantCulture),
        { } other => other.GetRawText(),
    };
}
