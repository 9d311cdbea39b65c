"""Validation loss of a checkpoint, in nats per token and bits per byte of text."""
import argparse
import math
from pathlib import Path

import torch
from torch.nn import functional

from corpus import load_tokens
from laser_model import load_model


@torch.no_grad()
def validation_loss(model, ids, length, batch=4, limit=None):
    """Mean nats per token over back-to-back windows of `length`, each window scored from an empty
    context; `limit` windows, evenly spread, or all."""
    starts = torch.arange(0, len(ids) - length, length)
    if limit is not None and limit < len(starts):
        starts = starts[torch.linspace(0, len(starts) - 1, limit).long()]
    total = 0.0
    for group in starts.split(batch):
        rows = torch.stack([ids[start:start + length + 1] for start in group.tolist()])
        logits = model(rows[:, :-1]).float().flatten(0, 1)
        total += functional.cross_entropy(logits, rows[:, 1:].flatten(), reduction="sum").item()
    return total / (len(starts) * length)


def bits_per_byte(nats_per_token, tokens, text_bytes):
    """Converts by the tokens and UTF-8 bytes of the whole text, so that vocabularies compare."""
    return nats_per_token * tokens / (math.log(2) * text_bytes)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("text", help=".txt or .txt.xz")
    parser.add_argument("--length", type=int, default=512, help="tokens in a window")
    parser.add_argument("--cache", default="/tmp/laser-corpus", help="folder for encoded corpora")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    ids, text_bytes = load_tokens(args.text, Path(args.checkpoint) / "tokenizer.json", args.cache)
    nats = validation_loss(load_model(args.checkpoint), ids, args.length)
    bits = bits_per_byte(nats, len(ids), text_bytes)
    print(f"{nats:.4f} nats per token, {bits:.4f} bits per byte "
          f"({len(ids)} tokens, {text_bytes} bytes, windows of {args.length})")


if __name__ == "__main__":
    main()
