"""Trains a LASER language model on one text file and writes Hugging Face style checkpoints.

AdamW, linear warm-up by steps and then a cosine to zero over wall-clock minutes or over steps.
The learning rate ends at zero, so the checkpoint written at the end is much better than the ones
on the way; those are there so that an interrupted run still leaves a usable model.
"""
import argparse
import json
import math
import os
import shutil
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from corpus import load_tokens, training_batches
from evaluate import bits_per_byte, validation_loss
from laser_model import LaserModel, load_model
from safetensors_io import save_file

COMPANION_FILES = ("config.json", "generation_config.json", "tokenizer.json",
                   "tokenizer_config.json")
VALIDATION_WINDOWS = 48  # for the losses logged on the way; the last one uses all windows


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True,
                        help="folder with config.json and the tokenizer; with --init also weights")
    parser.add_argument("--init", action="store_true", help="start from the weights in --base")
    parser.add_argument("--train", required=True, help="training text, .txt or .txt.xz")
    parser.add_argument("--valid", required=True, help="held-out text")
    parser.add_argument("--out", required=True, help="checkpoint folder to write")
    parser.add_argument("--cache", default="/tmp/laser-corpus", help="folder for encoded corpora")
    parser.add_argument("--minutes", type=float, help="length of the run by the clock")
    parser.add_argument("--steps", type=int, help="length of the run in steps")
    parser.add_argument("--length", type=int, default=512, help="tokens in a row")
    parser.add_argument("--batch", type=int, default=4, help="rows in a step")
    parser.add_argument("--long-every", type=int, default=8,
                        help="every how many steps rows are twice as long and half as many")
    parser.add_argument("--lr", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--warmup", type=int, default=200, help="steps")
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--clip", type=float, default=1.0, help="gradient norm")
    parser.add_argument("--float32", action="store_true",
                        help="no bfloat16 matrix products (use where the CPU has none)")
    parser.add_argument("--save-minutes", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if (args.minutes is None) == (args.steps is None):
        parser.error("give exactly one of --minutes and --steps")
    return args


def initialise(model):
    """GPT-2 style: normal with deviation 0.02, the projections into the residual stream smaller by
    sqrt(2 * layers) so that its variance does not grow with depth."""
    depth = math.sqrt(2 * model.config["num_hidden_layers"])
    for name, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Embedding)):
            into_residual = name.endswith(("o_proj", "down_proj"))
            nn.init.normal_(module.weight, std=0.02 / depth if into_residual else 0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    return model


def make_optimizer(model, args):
    """AdamW with weight decay on matrices only; gains and biases are left alone."""
    parameters = list(model.parameters())
    groups = [{"params": [p for p in parameters if p.ndim >= 2]},
              {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.98),
                             weight_decay=args.weight_decay, foreach=True)


def save_checkpoint(model, base, out):
    """Writes bfloat16 weights with config and tokenizer; the rename keeps a reader from ever
    seeing half a file."""
    out.mkdir(parents=True, exist_ok=True)
    for name in COMPANION_FILES:
        if (base / name).exists() and not (out / name).exists():
            shutil.copyfile(base / name, out / name)
    partial = out / "model.safetensors.partial"
    save_file({name: p.to(torch.bfloat16) for name, p in model.state_dict().items()}, partial)
    os.replace(partial, out / "model.safetensors")


def train_step(model, optimizer, rows, args):
    """One step on rows [batch, length + 1]; gives the mean loss in nats per token."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not args.float32):
        logits = model(rows[:, :-1])
    loss = functional.cross_entropy(logits.float().flatten(0, 1), rows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), args.clip)
    optimizer.step()
    return loss.item()


def main():
    args = parse_arguments()
    base, out = Path(args.base), Path(args.out)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    tokenizer_file = base / "tokenizer.json"
    train_ids, _ = load_tokens(args.train, tokenizer_file, args.cache)
    valid_ids, valid_bytes = load_tokens(args.valid, tokenizer_file, args.cache)
    config = json.loads((base / "config.json").read_text())
    model = load_model(base) if args.init else initialise(LaserModel(config))
    optimizer = make_optimizer(model, args)
    generator = torch.Generator().manual_seed(args.seed)
    batches = training_batches(train_ids, args.batch, args.length, generator)
    long_batches = training_batches(train_ids, args.batch // 2, 2 * args.length, generator)

    def report(limit=None):
        nats = validation_loss(model, valid_ids, args.length, limit=limit)
        print(f"validation {nats:.4f} nats per token, "
              f"{bits_per_byte(nats, len(valid_ids), valid_bytes):.4f} bits per byte", flush=True)

    print(f"{len(train_ids)} training tokens, {len(valid_ids)} validation tokens, "
          f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    report(VALIDATION_WINDOWS)
    step, average, began, saved = 0, None, time.monotonic(), time.monotonic()
    while True:
        elapsed = time.monotonic() - began
        done = elapsed / (60 * args.minutes) if args.minutes else step / args.steps
        if done >= 1:
            break
        rate = args.lr * min(1, (step + 1) / args.warmup) * 0.5 * (1 + math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = rate
        step += 1
        # A few long rows teach the far positions at little cost; short rows are faster.
        rows = next(long_batches if step % args.long_every == 0 else batches)
        loss = train_step(model, optimizer, rows, args)
        average = loss if average is None else 0.98 * average + 0.02 * loss
        if step % 50 == 0:
            tokens = step * args.batch * args.length
            print(f"step {step} done {done:.3f} tokens {tokens} loss {average:.4f} rate {rate:.2e} "
                  f"tokens/s {tokens / (time.monotonic() - began):.0f}", flush=True)
        if time.monotonic() - saved > 60 * args.save_minutes:
            saved = time.monotonic()
            save_checkpoint(model, base, out)
            report(VALIDATION_WINDOWS)
    save_checkpoint(model, base, out)
    print(f"{step} steps, {step * args.batch * args.length} tokens", flush=True)
    report()


if __name__ == "__main__":
    main()
