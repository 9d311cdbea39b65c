"""Forward pass of a decoder of the x-transformers package, with rotary positions, in PyTorch.

Written from what that package computes (versions 1.42.23 to 2.26.4), to test `laser convert`
against. It reads the package's own tensors and constructor arguments and shares nothing with the
converter: pairs of channels are rotated where they lie, query head h reads kv head h % kv_heads,
norms are as they are. In float64 it agrees with the package itself (2.26.4) to 3e-7 of the range
of the logits, which is how they are rounded in the files.
"""
import math

import torch
from torch.nn import functional

DEFAULTS = {"heads": 8, "attn_dim_head": 64, "ff_mult": 4, "norm_add_unit_offset": True,
            "attn_laser_softclamp_value": 15.0, "attn_qk_norm_scale": 10.0,
            "rotary_interpolation_factor": 1.0, "rotary_base_rescale_factor": 1.0}


class XTransformersModel:
    """The model of {"TransformerWrapper": ..., "Decoder": ...} with the given state dict."""

    def __init__(self, description, weights, dtype=torch.float64):
        self.wrapper = description["TransformerWrapper"]
        self.decoder = {**DEFAULTS, **description["Decoder"]}
        names = {name[4:] if name.startswith("net.") else name: name for name in weights}
        self.weights = {short: weights[name].to(dtype) for short, name in names.items()}

    def __call__(self, ids):
        """Logits [length, num_tokens] of one sequence of ids [length]."""
        embedding = self.weights["token_emb.emb.weight"]
        x = embedding[ids]
        for layer in range(self.decoder["depth"]):
            attention = f"attn_layers.layers.{2 * layer}."
            feed_forward = f"attn_layers.layers.{2 * layer + 1}."
            x = x + self.attend(self.norm(x, attention + "0.0."), attention + "1.")
            x = x + self.feed_forward(self.norm(x, feed_forward + "0.0."), feed_forward + "1.ff.")
        x = self.norm(x, "attn_layers.final_norm.")
        tied = self.wrapper.get("tie_embedding", False)
        return x @ (embedding if tied else self.weights["to_logits.weight"]).T

    def norm(self, x, prefix):
        """Layer norm without bias, RMS norm by the vector's length, or a variant of the latter."""
        offset = 1.0 if self.decoder["norm_add_unit_offset"] else 0.0
        unit = functional.normalize(x, dim=-1) * math.sqrt(x.shape[-1])
        if self.decoder.get("use_simple_rmsnorm"):
            return unit
        if self.decoder.get("use_rmsnorm") or self.decoder.get("use_scalenorm"):
            return unit * (self.weights[prefix + "g"] + offset)
        return functional.layer_norm(x, x.shape[-1:]) * (self.weights[prefix + "gamma"] + offset)

    def attend(self, x, prefix):
        """Attention over [length, dim], one head after the other."""
        size, heads = self.decoder["attn_dim_head"], self.decoder["heads"]
        q, k, v = (self.heads_of(x, prefix + name) for name in ("to_q", "to_k", "to_v"))
        scale = size ** -0.5
        if self.decoder.get("attn_qk_norm"):
            q, k = functional.normalize(q, dim=-1), functional.normalize(k, dim=-1)
            scale = self.decoder["attn_qk_norm_scale"]
        q, k = self.rotate(q), self.rotate(k)
        future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
        outputs = []
        for head in range(heads):
            shared = head % len(k)
            scores = (q[head] @ k[shared].T * scale).masked_fill(future, -math.inf)
            outputs.append(self.mix(scores.softmax(dim=-1), v[shared]))
        return torch.cat(outputs, dim=-1) @ self.weights[prefix + "to_out.weight"].T

    def heads_of(self, x, name):
        """Projection [heads, length, head size]."""
        projected = x @ self.weights[name + ".weight"].T
        return projected.unflatten(-1, (-1, self.decoder["attn_dim_head"])).transpose(0, 1)

    def mix(self, weights, values):
        """LASER after a soft clamp, with a floor under the logarithm; or the plain average."""
        if not self.decoder["attn_laser"]:
            return weights @ values
        clamp = self.decoder["attn_laser_softclamp_value"]
        return (weights @ ((values / clamp).tanh() * clamp).exp()).clamp(min=1e-20).log()

    def rotate(self, x):
        """Turns channels 2i and 2i + 1 of [heads, length, size] by position * frequency i."""
        dim = self.decoder.get("rotary_emb_dim") or self.decoder["attn_dim_head"] // 2
        base = 10000.0 * self.decoder["rotary_base_rescale_factor"] ** (dim / (dim - 2))
        frequencies = base ** (-torch.arange(0, dim, 2, dtype=x.dtype) / dim)
        positions = torch.arange(x.shape[1], dtype=x.dtype)
        positions /= self.decoder["rotary_interpolation_factor"]
        angles = torch.outer(positions, frequencies)
        even, odd = x[..., 0:dim:2], x[..., 1:dim:2]
        turned = torch.stack((even * angles.cos() - odd * angles.sin(),
                              odd * angles.cos() + even * angles.sin()), dim=-1)
        return torch.cat((turned.flatten(-2), x[..., dim:]), dim=-1)

    def feed_forward(self, x, prefix):
        """out(act(in(x))), or out(values * act(gates)) where in makes both, values first."""
        activation = functional.silu if self.decoder.get("ff_swish") else functional.gelu
        if self.decoder.get("ff_glu"):
            values, gates = self.linear(x, prefix + "0.proj").chunk(2, dim=-1)
            hidden = values * activation(gates)
        else:
            hidden = activation(self.linear(x, prefix + "0.0"))
        return self.linear(hidden, prefix + "2")

    def linear(self, x, name):
        bias = self.weights.get(name + ".bias")
        return functional.linear(x, self.weights[name + ".weight"], bias)
