"""Writes tests/golden-xtransformers: tiny checkpoints as the x-transformers package saves them,
with the logits of a float64 forward pass over the weights as stored (see the README there)."""
import argparse
import json
import math
from pathlib import Path

import torch

from make_golden import MINIMUM_GAP
from safetensors_io import save_file
from x_transformers_model import DEFAULTS, XTransformersModel

GREEDY_TOKENS = 64
MINIMUM_DISTINCT = 8  # tokens in the second half of the greedy path
WRAPPER = {"num_tokens": 80, "max_seq_len": 256}
DECODER = {"dim": 32, "depth": 2, "heads": 4, "attn_dim_head": 16, "attn_laser": True,
           "rotary_pos_emb": True}

# TransformerWrapper, Decoder, and the storage: dtype, prefix of all names, deviation of values.
CASES = {
    "rms-swiglu-gqa-f32": (
        {}, {"use_rmsnorm": True, "ff_glu": True, "ff_swish": True, "ff_mult": 1.5,
             "attn_kv_heads": 2},
        (torch.float32, "", 8.0)),
    "layernorm-gelu-tied-bf16": (
        {"tie_embedding": True},
        {"ff_mult": 2, "rotary_emb_dim": 16, "attn_kv_heads": 2},
        (torch.bfloat16, "net.", 5.0)),
    "scalenorm-qknorm-mqa-f16": (
        {},
        {"use_scalenorm": True, "norm_add_unit_offset": False, "attn_qk_norm": True,
         "attn_one_kv_head": True, "attn_laser_softclamp_value": 6.0, "attn_qk_norm_scale": 16.0,
         "rotary_emb_dim": 12, "rotary_interpolation_factor": 2.0,
         "rotary_base_rescale_factor": 4.0, "ff_glu": True, "ff_no_bias": True, "ff_mult": 2},
        (torch.float16, "", 5.0)),
    "simplenorm-softmax-f32": (
        {}, {"use_simple_rmsnorm": True, "attn_laser": False, "ff_swish": True,
             "ff_no_bias": True, "ff_mult": 2},
        (torch.float32, "", 1.5)),
}


def shapes(wrapper, decoder):
    """Name and shape of all parameters, in the package's names."""
    dim, size, heads = decoder["dim"], decoder["attn_dim_head"], decoder["heads"]
    kv = size * (1 if decoder.get("attn_one_kv_head") else decoder.get("attn_kv_heads", heads))
    inner, norm = int(dim * decoder["ff_mult"]), norm_shape(decoder)
    yield "token_emb.emb.weight", (wrapper["num_tokens"], dim)
    for layer in range(decoder["depth"]):
        attention = f"attn_layers.layers.{2 * layer}."
        feed_forward = f"attn_layers.layers.{2 * layer + 1}."
        yield from ((attention + "0.0." + name, shape) for name, shape in norm)
        yield attention + "1.to_q.weight", (size * heads, dim)
        yield attention + "1.to_k.weight", (kv, dim)
        yield attention + "1.to_v.weight", (kv, dim)
        yield attention + "1.to_out.weight", (dim, size * heads)
        yield from ((feed_forward + "0.0." + name, shape) for name, shape in norm)
        glu = decoder.get("ff_glu", False)
        first, rows = ("1.ff.0.proj", 2 * inner) if glu else ("1.ff.0.0", inner)
        yield feed_forward + first + ".weight", (rows, dim)
        yield feed_forward + "1.ff.2.weight", (dim, inner)
        if glu or not decoder.get("ff_no_bias"):
            yield feed_forward + first + ".bias", (rows,)
        if not decoder.get("ff_no_bias"):
            yield feed_forward + "1.ff.2.bias", (dim,)
    yield from (("attn_layers.final_norm." + name, shape) for name, shape in norm)
    if not wrapper.get("tie_embedding"):
        yield "to_logits.weight", (wrapper["num_tokens"], dim)


def norm_shape(decoder):
    if decoder.get("use_simple_rmsnorm"):
        return ()
    if decoder.get("use_scalenorm"):
        return (("g", (1,)),)
    return (("g" if decoder.get("use_rmsnorm") else "gamma", (decoder["dim"],)),)


def random_weights(wrapper, decoder, storage, generator):
    """State dict with sharp attention and small embeddings, as in make_golden. The embedding is off
    centre, so that layer norm is not RMS norm; token 0 gets a logit of zero, which never wins."""
    dtype, prefix, value_gain = storage
    gains = {"to_q": 3.0, "to_k": 3.0, "to_v": value_gain, "to_out": 6.0 / value_gain,
             "to_logits": 3.0, "proj": 1.5, "0": 1.5, "2": 1.0}
    weights = {}
    for name, shape in shapes(wrapper, decoder):
        value = torch.randn(shape, generator=generator, dtype=torch.float64)
        module = name.split(".")[-2]
        if name.endswith("bias"):
            value *= 0.5
        elif name.endswith((".g", ".gamma")):
            value = 0.2 * value + (0.0 if decoder["norm_add_unit_offset"] else 1.0)
        elif module == "emb":
            value = 0.3 * value + 0.2
        else:
            value *= gains[module] / math.sqrt(shape[1])
        if module == "to_logits" or (module == "emb" and wrapper.get("tie_embedding")):
            value[0] = 0.0
        weights[prefix + name] = value.to(dtype)
    return weights


@torch.no_grad()
def greedy_path(model, prompt):
    """Greedy ids, or None if the path comes near a tie or ends in a short loop."""
    ids = prompt.tolist()
    for _ in range(GREEDY_TOKENS):
        logits = model(torch.tensor(ids))[-1]
        best = logits.topk(2)
        if not (best.values[0] - best.values[1]) / (logits.max() - logits.min()) >= MINIMUM_GAP:
            return None
        ids.append(best.indices[0].item())
    greedy = torch.tensor(ids[len(prompt):])
    return greedy if len(greedy[GREEDY_TOKENS // 2:].unique()) >= MINIMUM_DISTINCT else None


def rotary_buffer(decoder):
    """The frequencies as the package stores them, in float32 whatever the weights are."""
    dim = decoder.get("rotary_emb_dim") or decoder["attn_dim_head"] // 2
    base = 10000 * decoder["rotary_base_rescale_factor"] ** (dim / (dim - 2))
    return 1.0 / base ** (torch.arange(0, dim, 2).float() / dim)


def make_case(name, root):
    """Makes one folder, from the first seed whose greedy path serves."""
    wrapper, decoder, storage = CASES[name]
    description = {"version": "2.26.4", "TransformerWrapper": {**WRAPPER, **wrapper},
                   "Decoder": {**DECODER, **decoder}, "eos_token_id": 0}
    complete = {**DEFAULTS, **description["Decoder"]}
    for seed in range(500):
        generator = torch.Generator().manual_seed(seed)
        weights = random_weights(description["TransformerWrapper"], complete, storage, generator)
        prompt = torch.randint(1, WRAPPER["num_tokens"], (37,), generator=generator)
        model = XTransformersModel(description, weights)
        greedy = greedy_path(model, prompt)
        if greedy is not None:
            break
    else:
        raise RuntimeError(f"no seed serves for {name}")
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    weights[storage[1] + "attn_layers.rotary_pos_emb.inv_freq"] = rotary_buffer(complete)
    save_file(weights, folder / "model.safetensors")
    (folder / "x-transformers.json").write_text(json.dumps(description, indent=2) + "\n")
    logits = model(torch.cat((prompt, greedy[:-1])))
    save_file({"prompt": prompt, "greedy": greedy, "logits": logits.float()},
              folder / "expected.safetensors")
    print(f"{name}: seed {seed}, {len(greedy.unique())} distinct tokens", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).parents[2] / "tests" / "golden-xtransformers"
    parser.add_argument("--out", default=root, type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in CASES:
        make_case(name, args.out)


if __name__ == "__main__":
    main()
