"""LASER decoder in plain PyTorch: a Llama block whose attention averages exp(V) and takes the log.

Per head and value channel, o_i = log(sum_n a_in exp(v_n)) with a = softmax(q k^T / sqrt(d)),
causal (Duvvuri and Dhillon, arXiv 2411.03493). It has no parameters of its own, so the modules are
named so that the state dict is that of a Hugging Face Llama checkpoint.
"""
import json
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import rotary
from safetensors_io import load_checkpoint

ACTIVATIONS = {
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_pytorch_tanh": lambda x: functional.gelu(x, approximate="tanh"),
}


def laser_exact(scores, values):
    """LASER as one log-sum-exp over log-probabilities plus values: no product can underflow.

    scores [batch, heads, length, length] with -inf where masked, values [batch, heads, length, d];
    gives [batch, heads, length, d]. Needs length^2 * d memory per head: for short sequences.
    """
    log_weights = scores.log_softmax(dim=-1)
    heads = [torch.logsumexp(log_weights[:, h, :, :, None] + values[:, h, None, :, :], dim=2)
             for h in range(scores.shape[1])]
    return torch.stack(heads, dim=1)


def laser_shifted(scores, values):
    """LASER as ordinary attention over exp(v - m), m the largest v per channel over all positions:
    the paper's form, shapes as in laser_exact. Fast, and right while v spreads over less than
    about 80 nats. Shifting by m is an identity, so no gradient passes through m."""
    shift = values.detach().amax(dim=-2, keepdim=True)
    averages = scores.softmax(dim=-1) @ (values - shift).exp()
    at_least_float32 = torch.promote_types(averages.dtype, torch.float32)  # bfloat16 in training
    return averages.to(at_least_float32).log() + shift


class RmsNorm(nn.Module):
    """x / sqrt(mean(x^2) + eps) * weight over the last dimension."""

    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class Attention(nn.Module):
    """Grouped-query causal attention, LASER or plain softmax by `attention_variant`."""

    def __init__(self, config):
        super().__init__()
        hidden, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.kv_heads = config.get("num_key_value_heads") or self.heads
        self.head_dim = config.get("head_dim") or hidden // self.heads
        self.variant = config["attention_variant"]
        if self.variant not in ("laser", "softmax"):
            raise ValueError(f"unknown attention_variant {self.variant!r}")
        self.softclamp = config.get("laser_value_softclamp")
        self.log_floor = config.get("laser_log_floor")
        self.exact = False
        bias = config.get("attention_bias", False)
        self.q_proj = nn.Linear(hidden, self.heads * self.head_dim, bias=bias)
        self.k_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=bias)
        self.v_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=bias)
        self.o_proj = nn.Linear(self.heads * self.head_dim, hidden, bias=bias)
        if config.get("use_qk_norm"):
            self.q_norm = RmsNorm(self.head_dim, config.get("rms_norm_eps", 1e-6))
            self.k_norm = RmsNorm(self.head_dim, config.get("rms_norm_eps", 1e-6))
        else:
            self.q_norm = self.k_norm = nn.Identity()

    def forward(self, x, cos, sin, mask):
        """x [batch, length, hidden] -> the same shape."""
        q = rotary.rotate(self.q_norm(self.split(self.q_proj(x))), cos, sin)
        k = rotary.rotate(self.k_norm(self.split(self.k_proj(x))), cos, sin)
        v = self.split(self.v_proj(x))
        group = self.heads // self.kv_heads  # query head h reads kv head h // group
        k, v = (t.repeat_interleave(group, dim=1) if group > 1 else t for t in (k, v))
        scores = (q / math.sqrt(self.head_dim)) @ k.transpose(-2, -1) + mask
        mixed = self.laser(scores, v) if self.variant == "laser" else scores.softmax(dim=-1) @ v
        return self.o_proj(mixed.transpose(1, 2).flatten(2))

    def split(self, x):
        """[batch, length, heads * head_dim] -> [batch, heads, length, head_dim]."""
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def laser(self, scores, v):
        """LASER with the optional soft clamp of v and floor of the result (as log(clamp(x, eps)),
        so an absolute floor on the unshifted value)."""
        if self.softclamp is not None:
            v = self.softclamp * torch.tanh(v / self.softclamp)
        mixed = laser_exact(scores, v) if self.exact else laser_shifted(scores, v)
        return mixed if self.log_floor is None else mixed.clamp(min=math.log(self.log_floor))


class Mlp(nn.Module):
    """Gated feed-forward: down(activation(gate(x)) * up(x))."""

    def __init__(self, config):
        super().__init__()
        hidden, inner = config["hidden_size"], config["intermediate_size"]
        bias = config.get("mlp_bias", False)
        self.gate_proj = nn.Linear(hidden, inner, bias=bias)
        self.up_proj = nn.Linear(hidden, inner, bias=bias)
        self.down_proj = nn.Linear(inner, hidden, bias=bias)
        self.activation = ACTIVATIONS[config.get("hidden_act", "silu")]

    def forward(self, x):
        return self.down_proj(self.activation(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """Pre-norm residual block."""

    def __init__(self, config):
        super().__init__()
        eps = config.get("rms_norm_eps", 1e-6)
        self.input_layernorm = RmsNorm(config["hidden_size"], eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RmsNorm(config["hidden_size"], eps)
        self.mlp = Mlp(config)

    def forward(self, x, cos, sin, mask):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class LaserModel(nn.Module):
    """The decoder; `config` is the parsed config.json."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], config["hidden_size"])
        self.model.layers = nn.ModuleList(
            Block(config) for _ in range(config["num_hidden_layers"]))
        self.model.norm = RmsNorm(config["hidden_size"], config.get("rms_norm_eps", 1e-6))
        if not config.get("tie_word_embeddings", False):
            self.lm_head = nn.Linear(config["hidden_size"], config["vocab_size"], bias=False)

    def forward(self, ids):
        """Token ids [batch, length] -> logits [batch, length, vocab]."""
        x = self.model.embed_tokens(ids)
        head_dim = self.model.layers[0].self_attn.head_dim
        cos, sin = rotary.cos_sin(self.config, head_dim, ids.shape[1], x.dtype)
        mask = torch.full((ids.shape[1],) * 2, -torch.inf, dtype=x.dtype).triu(1)
        for layer in self.model.layers:
            x = layer(x, cos, sin, mask)
        head = getattr(self, "lm_head", self.model.embed_tokens)
        return functional.linear(self.model.norm(x), head.weight)

    def use_exact_laser(self, exact=True):
        """Chooses laser_exact (reference) or laser_shifted (the fast default)."""
        for layer in self.model.layers:
            layer.self_attn.exact = exact
        return self


def load_model(folder, dtype=torch.float32):
    """The model of a checkpoint folder, its stored weights widened to `dtype`."""
    model = LaserModel(json.loads((Path(folder) / "config.json").read_text())).to(dtype)
    tensors = load_checkpoint(folder)
    if not hasattr(model, "lm_head"):
        tensors.pop("lm_head.weight", None)  # a tied head may be stored as well
    model.load_state_dict(tensors)
    return model
