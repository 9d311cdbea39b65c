"""The parity cases: for each folder under tests/golden its configuration and stored form.

A case is (config overrides, options). Options: dtype (storage), shards, prompt (length), gains of
the random projections (v_gain is about the deviation of v, o_gain of what attention adds to the
residual stream per unit of v), and wide_gains, one per kv head: how far to widen a few channels.
"""
import torch

BASE = {
    "architectures": ["LaserForCausalLM"], "model_type": "laser", "attention_variant": "laser",
    "laser_value_softclamp": None, "laser_log_floor": None, "vocab_size": 80, "hidden_size": 32,
    "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 32, "hidden_act": "silu", "rms_norm_eps": 1e-5,
    "max_position_embeddings": 512, "tie_word_embeddings": False,
    "bos_token_id": 0, "eos_token_id": 0,
}
DEFAULT_ROPE = {"rope_theta": 10000.0}  # dropped by the case that uses the v5 dialect instead

CASES = {
    "gqa-hd48-f32": ({"head_dim": 48}, {}),
    "tied-hd64-bf16-softclamp15": (
        {"head_dim": 64, "tie_word_embeddings": True, "laser_value_softclamp": 15.0},
        {"dtype": torch.bfloat16, "v_gain": 5.0, "o_gain": 0.6}),
    "mqa-hd80-f16-geglu": (
        {"head_dim": 80, "num_key_value_heads": 1, "hidden_act": "gelu_pytorch_tanh"},
        {"dtype": torch.float16, "prompt": 33}),
    "bias-hd96-f32": (
        {"head_dim": 96, "num_attention_heads": 2, "num_key_value_heads": 1,
         "attention_bias": True, "mlp_bias": True, "hidden_act": "gelu"}, {}),
    "qknorm-hd128-bf16": (
        {"head_dim": 128, "num_attention_heads": 2, "use_qk_norm": True,
         "rope_scaling": {"rope_type": "linear", "factor": 2.0}},
        {"dtype": torch.bfloat16}),
    "floor-hd256-f32": (
        {"head_dim": 256, "num_attention_heads": 1, "num_key_value_heads": 1,
         "laser_log_floor": 0.9}, {"prompt": 31}),
    "llama3-rope": (
        {"rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                          "high_freq_factor": 4.0, "original_max_position_embeddings": 64}},
        {"dtype": torch.bfloat16}),
    "yarn-rope": (
        {"rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
                             "original_max_position_embeddings": 128}},
        {"dtype": torch.bfloat16}),
    "dynamic-rope": (
        {"rope_scaling": {"type": "dynamic", "factor": 2.0}, "max_position_embeddings": 256},
        {"dtype": torch.float16, "prompt": 45}),
    "softmax-variant": ({"attention_variant": "softmax"}, {"dtype": torch.float16}),
    "sharded-bf16": ({"hidden_size": 64, "num_key_value_heads": 4},
                     {"dtype": torch.bfloat16, "shards": 2}),
    "wide-values": ({}, {"wide_gains": (15.0, 60.0), "prompt": 37}),
}


def build_config(name):
    """The complete config.json of a case."""
    overrides, options = CASES[name]
    rope = {} if "rope_parameters" in overrides else DEFAULT_ROPE
    names = {torch.float32: "float32", torch.bfloat16: "bfloat16", torch.float16: "float16"}
    dtype_key = "dtype" if "rope_parameters" in overrides else "torch_dtype"  # v5 renamed it too
    stored = names[options.get("dtype", torch.float32)]
    return {**BASE, **rope, **overrides, dtype_key: stored}
