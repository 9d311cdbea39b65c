"""Rotary position embedding: frequencies per rope type and the half-split rotation.

Formulas follow Hugging Face transformers (modeling_rope_utils.py and modeling_llama.py). Both
config dialects are read: v4 (`rope_theta` and `rope_scaling`) and v5 (`rope_parameters`).
"""
import math

import torch


def rope_settings(config):
    """One flat dict with at least rope_type and rope_theta, from either config dialect."""
    settings = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    settings["rope_type"] = settings.get("rope_type") or settings.get("type") or "default"
    settings.setdefault("rope_theta", config.get("rope_theta", 10000.0))
    settings.setdefault("original_max_position_embeddings",
                        config.get("max_position_embeddings", 2048))
    return settings


def inverse_frequencies(config, head_dim):
    """(inverse frequencies float64 [head_dim / 2], factor on cos and sin).

    The type `dynamic` raises the base only once a sequence is longer than the original maximum
    length, and then by the current length, which a key cache cannot follow. This reference covers
    sequences within the original length, where dynamic equals default.
    """
    rope = rope_settings(config)
    steps = torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim
    frequencies = rope["rope_theta"] ** -steps
    if rope["rope_type"] in ("default", "dynamic"):
        return frequencies, 1.0
    if rope["rope_type"] == "linear":
        return frequencies / rope["factor"], 1.0
    if rope["rope_type"] == "llama3":
        return llama3_frequencies(frequencies, rope), 1.0
    if rope["rope_type"] == "yarn":
        return yarn_frequencies(frequencies, rope), yarn_attention_factor(rope)
    raise ValueError(f"unsupported rope_type {rope['rope_type']!r}")


def llama3_frequencies(frequencies, rope):
    """Long waves are divided by the factor, short ones kept, those between blended linearly."""
    rotations = rope["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    keep = ((rotations - low) / (high - low)).clamp(0.0, 1.0)
    return (1 - keep) * frequencies / rope["factor"] + keep * frequencies


def yarn_frequencies(frequencies, rope):
    """YaRN (arXiv 2309.00071): a ramp over channels from kept to interpolated frequencies, between
    the channels that turn beta_fast and beta_slow times over the original length."""
    half, length = len(frequencies), rope["original_max_position_embeddings"]

    def channel_of(turns):
        return half * math.log(length / (turns * 2 * math.pi)) / math.log(rope["rope_theta"])

    low = max(math.floor(channel_of(rope.get("beta_fast") or 32)), 0)
    high = min(math.ceil(channel_of(rope.get("beta_slow") or 1)), 2 * half - 1)
    width = high - low if high != low else 0.001  # the same guard as in transformers
    interpolate = ((torch.arange(half, dtype=torch.float64) - low) / width).clamp(0.0, 1.0)
    return frequencies * (1 - interpolate) + frequencies / rope["factor"] * interpolate


def yarn_attention_factor(rope):
    """Factor on cos and sin; default 0.1 ln(factor) + 1."""
    given = rope.get("attention_factor")
    if given is not None:
        return given
    return 0.1 * math.log(rope["factor"]) + 1.0 if rope["factor"] > 1 else 1.0


def cos_sin(config, head_dim, length, dtype):
    """cos and sin [length, head_dim], computed in float64 and then rounded to `dtype`."""
    frequencies, factor = inverse_frequencies(config, head_dim)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies)
    angles = torch.cat((angles, angles), dim=-1)
    return (angles.cos() * factor).to(dtype), (angles.sin() * factor).to(dtype)


def rotate(x, cos, sin):
    """Rotates x [batch, heads, length, head_dim], pairing channel i with i + head_dim / 2."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin
