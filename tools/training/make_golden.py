"""Writes the parity files under tests/golden: tiny random checkpoints with exact expected output.

Everything runs in float64 on the weights as stored (already rounded to the dtype of the case).
The greedy path uses the shifted LASER form, which in float64 holds to 700 nats; the stored logits
use the exact log-sum-exp form and must choose the same tokens.
"""
import argparse
import json
import math
from pathlib import Path

import torch

from golden_cases import CASES, build_config
from laser_model import LaserModel, load_model
from safetensors_io import INDEX_FILE, save_file

GREEDY_TOKENS = 128
MINIMUM_GAP = 2e-3  # between the two best logits of every greedy step, relative to their range
MINIMUM_DISTINCT = 12  # tokens in the second half of the greedy path: not just a short loop
WIDE_CHANNELS = 4  # of each kv head, in the case with wide values


def random_weights(config, options, generator):
    """State dict in the storage dtype. Projections of unit-variance input give outputs of the
    deviation `gain`. Sharp attention and small embeddings make the next token depend on the far
    context, without which greedy paths fall into short loops. Token 0, the end of text, has a zero
    head row and so a logit of zero, which never wins."""
    gains = {"q_proj": 3.0, "k_proj": 3.0, "gate_proj": 1.5, "up_proj": 1.5, "down_proj": 1.0,
             "o_proj": options.get("o_gain", 1.0), "lm_head": 3.0}
    weights = {}
    for name, parameter in LaserModel(config).state_dict().items():
        value = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        module = name.split(".")[-2]
        if name.endswith("bias"):
            value *= 0.5
        elif parameter.ndim == 1:
            value = (2.0 if module in ("q_norm", "k_norm") else 1.0) + 0.1 * value
        elif module == "v_proj":
            value *= options.get("v_gain", 1.5) / math.sqrt(value.shape[1])
        elif module == "embed_tokens":
            value *= 0.3
        elif module in gains:
            value *= gains[module] / math.sqrt(value.shape[1])
        if module == "lm_head" or (module == "embed_tokens" and config["tie_word_embeddings"]):
            value[0] = 0.0
        weights[name] = value
    widen_values(weights, config, options.get("wide_gains", ()))
    return {name: value.to(options.get("dtype", torch.float32)) for name, value in weights.items()}


def widen_values(weights, config, gains):
    """Scales the first channels of v of kv head i up by gains[i] and what reads them down, so that
    their values spread widely over a cache block while the model stays well behaved. In all
    channels it would not: LASER over such values is nearly a running maximum."""
    group = config["num_attention_heads"] // config["num_key_value_heads"]
    for layer in range(config["num_hidden_layers"]):
        attention = f"model.layers.{layer}.self_attn."
        for kv_head, gain in enumerate(gains):
            first = kv_head * config["head_dim"]
            weights[attention + "v_proj.weight"][first:first + WIDE_CHANNELS] *= gain
            for head in range(kv_head * group, (kv_head + 1) * group):
                first = head * config["head_dim"]
                weights[attention + "o_proj.weight"][:, first:first + WIDE_CHANNELS] /= gain


@torch.no_grad()
def greedy_path(model, prompt):
    """Greedy ids int64 [128], or None if the path comes near a tie or ends in a short loop."""
    ids = prompt.tolist()
    for _ in range(GREEDY_TOKENS):
        logits = model(torch.tensor([ids]))[0, -1]
        best = logits.topk(2)
        gap = (best.values[0] - best.values[1]) / (logits.max() - logits.min())
        if not gap >= MINIMUM_GAP:
            return None
        ids.append(best.indices[0].item())
    greedy = torch.tensor(ids[len(prompt):])
    return greedy if len(greedy[GREEDY_TOKENS // 2:].unique()) >= MINIMUM_DISTINCT else None


def write_checkpoint(folder, config, weights, shards):
    """config.json and model.safetensors, or that many shards and their index."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    if shards == 1:
        save_file(weights, folder / "model.safetensors")
        return
    names, weight_map = sorted(weights), {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = names[shard * len(names) // shards:(shard + 1) * len(names) // shards]
        save_file({name: weights[name] for name in part}, folder / file)
        weight_map.update(dict.fromkeys(part, file))
    total = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / INDEX_FILE).write_text(json.dumps(index, indent=2) + "\n")


def make_case(name, root):
    """Makes one folder, from the first seed whose greedy path serves."""
    config, options, folder = build_config(name), CASES[name][1], root / name
    for seed in range(300):
        generator = torch.Generator().manual_seed(seed)
        weights = random_weights(config, options, generator)
        prompt = torch.randint(1, config["vocab_size"], (options.get("prompt", 40),),
                               generator=generator)
        model = LaserModel(config).double()
        model.load_state_dict(weights)
        greedy = greedy_path(model, prompt)
        if greedy is not None:
            break
    else:
        raise RuntimeError(f"no seed serves for {name}")
    write_checkpoint(folder, config, weights, options.get("shards", 1))
    reference = load_model(folder, torch.float64).use_exact_laser()
    with torch.no_grad():
        logits = reference(torch.cat((prompt, greedy[:-1]))[None])[0]
    if not torch.equal(logits[len(prompt) - 1:].argmax(dim=-1), greedy):
        raise RuntimeError(f"{name}: the two LASER forms disagree")
    save_file({"prompt": prompt, "greedy": greedy, "logits": logits.float()},
              folder / "expected.safetensors")
    print(f"{name}: seed {seed}, {len(greedy.unique())} distinct tokens", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=Path(__file__).parents[2] / "tests" / "golden", type=Path)
    parser.add_argument("cases", nargs="*", help="names of cases; default all")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.cases or CASES:
        make_case(name, args.out)


if __name__ == "__main__":
    main()
