"""Samples text from a checkpoint with the reference model, to judge it by eye.

Every step runs the whole sequence again: simple and exact, and fast enough for a small model.
"""
import argparse
from pathlib import Path

import torch

from laser_model import load_model
from tokenizer import Tokenizer


def choose(logits, temperature, top_p, generator):
    """Next token of logits [vocab]: the best at temperature 0, else a sample from the smallest
    set of most likely tokens that holds probability top_p."""
    if temperature == 0:
        return logits.argmax().item()
    probabilities, tokens = (logits / temperature).softmax(dim=-1).sort(descending=True)
    before = probabilities.cumsum(dim=-1) - probabilities
    kept = torch.where(before < top_p, probabilities, torch.zeros_like(probabilities))
    return tokens[torch.multinomial(kept, 1, generator=generator)].item()


@torch.no_grad()
def generate(model, ids, count, temperature, top_p, generator):
    """Continues ids by up to `count` tokens, stopping before the end-of-text token."""
    ids = list(ids)
    for _ in range(count):
        token = choose(model(torch.tensor([ids]))[0, -1], temperature, top_p, generator)
        if token == model.config["eos_token_id"]:
            break
        ids.append(token)
    return ids


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("--prompt", default="", help="empty: a whole story from its title on")
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=0.7, help="0 is greedy")
    parser.add_argument("--top-p", type=float, default=0.9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = load_model(args.checkpoint)
    tokenizer = Tokenizer(Path(args.checkpoint) / "tokenizer.json")
    prompt = [model.config["bos_token_id"], *tokenizer.encode(args.prompt)]
    for seed in range(args.seed, args.seed + args.samples):
        ids = generate(model, prompt, args.tokens, args.temperature, args.top_p,
                       torch.Generator().manual_seed(seed))
        print(f"--- seed {seed}, {len(ids) - len(prompt)} tokens\n{tokenizer.decode(ids)}\n")


if __name__ == "__main__":
    main()
