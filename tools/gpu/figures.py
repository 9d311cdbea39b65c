"""What the programs measured, in words for check.sh's table. Exit code 1 where something that must hold does not.

figures.py bench FILE REQUESTS    the report of `laser bench --json` with one level
figures.py speed FILE FOLDER      the lines of `engine-speed` on the checkpoint in FOLDER, as CHECK<tab>FIGURE
"""

import json
import os
import sys


def bench(path, requests):
    with open(path, encoding="utf-8") as file:
        level = json.load(file)["levels"][0]
    tokens = level["outputTokens"] / level["seconds"]
    first, between = (level[name]["median"] * 1000 for name in ("ttft", "itl"))
    print(f"{level['finished']} of {requests} done, {level['failed']} failed; {tokens:.0f} tok/s, "
          f"first token {first:.1f} ms, token to token {between:.1f} ms (medians)")
    return 0 if level["finished"] == int(requests) and level["failed"] == 0 else 1


def read_bytes(folder):
    """Weights that a step reads: all but the embedding, of which it reads rows."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    stored = os.path.getsize(os.path.join(folder, "model.safetensors"))
    return stored - 2 * config["vocab_size"] * config["hidden_size"]


def speed(path, folder):
    found = 0
    with open(path, encoding="utf-8") as file:
        rows = [line.strip().split(",") for line in file if line.count(",") == 3]
    for _, case, median, best in rows:
        kind, *numbers = case.split(" ")
        # Lines on the processor's own memory and arithmetic are in the file, too.
        if kind == "decode":
            batch, context = map(int, numbers)
            rate = float(median) / batch * read_bytes(folder) / 1e9
            print(f"decode, {batch} x {context} tokens\t{float(median):.0f} tok/s (best {float(best):.0f}); weights at {rate:.2f} GB/s")
            found += 1
        elif kind == "prefill":
            print(f"prefill, {numbers[0]} tokens\t{float(median):.0f} tok/s (best {float(best):.0f})")
            found += 1
    return 0 if found else 1


sys.exit({"bench": bench, "speed": speed}[sys.argv[1]](*sys.argv[2:]))
