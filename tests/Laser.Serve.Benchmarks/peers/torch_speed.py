"""Tokens per second of a LASER decoder in PyTorch, eager, bf16: the cases and the lines of engine-speed.

    torch_speed.py SHAPE THREADS NAME CASE...

SHAPE is A or B, CASE is decode:BATCH:CONTEXT:STEPS or prefill:TOKENS:TIMES. Prints NAME,case,median,best. Weights are random.
The cache has its size from the start and holds u = exp(v - m) with m the largest v of the sequence so far in each channel, so
that a step passes over old values only to multiply with them. No token is sampled; the next tokens are random.
"""

import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F

# Layers, width, heads, key and value heads, inner width. Those of PeerShape.
SHAPES = {"A": (12, 768, 12, 12, 2048), "B": (22, 2048, 32, 4, 5632)}
HEAD_DIM = 64
VOCABULARY = 32000
WARM_UP_STEPS = 4


class Cache:
    """Keys and exponentiated values of some sequences."""

    def __init__(self, layers, batch, heads, length):
        shape = (batch, heads, length, HEAD_DIM)
        self.keys = [torch.zeros(shape, dtype=torch.bfloat16) for _ in range(layers)]
        self.values = [torch.zeros(shape, dtype=torch.bfloat16) for _ in range(layers)]
        self.shifts = [torch.full((batch, heads, 1, HEAD_DIM), -1e30) for _ in range(layers)]
        self.length = 0

    def spread(self, batch):
        """The same for more sequences, each with a copy of its own."""
        for tensors in (self.keys, self.values, self.shifts):
            tensors[:] = [tensor.repeat(batch, 1, 1, 1) for tensor in tensors]

    def append(self, layer, keys, values):
        """Takes new rows; returns all keys, all u and the shift."""
        start, end = self.length, self.length + keys.shape[2]
        self.keys[layer][:, :, start:end] = keys
        values = values.float()
        old = self.shifts[layer]
        shift = torch.maximum(old, values.amax(2, keepdim=True))
        if start and bool((shift > old).any()):
            self.values[layer][:, :, :start] *= torch.exp(old - shift).to(torch.bfloat16)
        self.shifts[layer] = shift
        self.values[layer][:, :, start:end] = torch.exp(values - shift).to(torch.bfloat16)
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end], shift


class Decoder:
    """Llama's layers with o = m + log(softmax(q k^T) exp(v - m))."""

    def __init__(self, shape):
        self.layer_count, width, self.heads, self.kv_heads, inner = SHAPES[shape]
        random = torch.Generator().manual_seed(1)

        def matrix(rows, columns):
            return (torch.randn(rows, columns, generator=random) * 0.02).to(torch.bfloat16)

        self.embedding = matrix(VOCABULARY, width)
        self.head = matrix(VOCABULARY, width)
        self.norm = torch.ones(width)
        self.layers = [
            {
                "qkv": matrix((self.heads + 2 * self.kv_heads) * HEAD_DIM, width),
                "output": matrix(width, self.heads * HEAD_DIM),
                "gate_up": matrix(2 * inner, width),
                "down": matrix(width, inner),
                "norms": (torch.ones(width), torch.ones(width)),
            }
            for _ in range(self.layer_count)
        ]
        frequencies = 10000.0 ** -(torch.arange(0, HEAD_DIM, 2).float() / HEAD_DIM)
        angles = torch.outer(torch.arange(8192).float(), frequencies)
        self.cosines, self.sines = angles.cos(), angles.sin()

    def cache(self, batch, length):
        return Cache(self.layer_count, batch, self.kv_heads, length)

    def step(self, tokens, cache):
        """Logits of the last token of each sequence."""
        count = tokens.shape[1]
        end = cache.length + count
        mask = None if count == 1 else torch.full((count, end), -math.inf).triu(cache.length + 1)
        x = self.embedding[tokens]
        for index, layer in enumerate(self.layers):
            x = x + F.linear(self.attend(rms_norm(x, layer["norms"][0]), index, cache, mask), layer["output"])
            gate, up = F.linear(rms_norm(x, layer["norms"][1]), layer["gate_up"]).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, layer["down"])
        cache.length = end
        return F.linear(rms_norm(x[:, -1:], self.norm), self.head)

    def attend(self, x, index, cache, mask):
        batch, count, _ = x.shape
        qkv = F.linear(x, self.layers[index]["qkv"]).view(batch, count, -1, HEAD_DIM).transpose(1, 2)
        queries, keys, values = qkv.split([self.heads, self.kv_heads, self.kv_heads], 1)
        queries, keys = self.rotate(queries, cache.length), self.rotate(keys, cache.length)
        keys, values, shift = cache.append(index, keys, values)
        group = self.heads // self.kv_heads
        queries = queries.reshape(batch, self.kv_heads, group * count, HEAD_DIM)
        scores = torch.matmul(queries, keys.transpose(-1, -2)).float() / math.sqrt(HEAD_DIM)
        if mask is not None:
            scores = (scores.view(batch, self.kv_heads, group, count, -1) + mask).view_as(scores)
        weights = torch.softmax(scores, -1).to(torch.bfloat16)
        output = shift + torch.log(torch.matmul(weights, values).float())
        output = output.to(torch.bfloat16).view(batch, self.kv_heads, group, count, HEAD_DIM)
        return output.permute(0, 3, 1, 2, 4).reshape(batch, count, self.heads * HEAD_DIM)

    def rotate(self, x, start):
        cosines, sines = self.cosines[start : start + x.shape[2]], self.sines[start : start + x.shape[2]]
        first, second = x.float().chunk(2, -1)
        return torch.cat([first * cosines - second * sines, second * cosines + first * sines], -1).to(torch.bfloat16)


def rms_norm(x, weight):
    wide = x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5) * weight).to(torch.bfloat16)


def random_tokens(batch, count):
    return torch.randint(0, VOCABULARY, (batch, count))


def timed(decoder, tokens, cache):
    start = time.perf_counter()
    decoder.step(tokens, cache)
    return tokens.numel() / (time.perf_counter() - start)


def decode(decoder, batch, context, steps):
    cache = decoder.cache(1, context + WARM_UP_STEPS + steps)
    decoder.step(random_tokens(1, context), cache)
    cache.spread(batch)
    return [timed(decoder, random_tokens(batch, 1), cache) for _ in range(WARM_UP_STEPS + steps)][WARM_UP_STEPS:]


def prefill(decoder, tokens, times):
    decoder.step(random_tokens(1, 64), decoder.cache(1, 64))
    return [timed(decoder, random_tokens(1, tokens), decoder.cache(1, tokens)) for _ in range(times)]


def main(shape, threads, name, *cases):
    torch.set_grad_enabled(False)
    torch.set_num_threads(int(threads))
    decoder = Decoder(shape)
    for case in cases:
        kind, *numbers = case.split(":")
        numbers = [int(number) for number in numbers]
        speeds = decode(decoder, *numbers) if kind == "decode" else prefill(decoder, *numbers)
        key = " ".join([kind, *map(str, numbers[:-1])])
        print(f"{name},{key},{statistics.median_low(speeds):.3f},{max(speeds):.3f}", flush=True)


main(*sys.argv[1:])
