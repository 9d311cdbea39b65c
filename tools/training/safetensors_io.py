"""Minimal reader and writer of the safetensors format (F64, F32, F16, BF16, I64).

Layout: an unsigned 64-bit little-endian header length, that many bytes of JSON, then the tensor
bytes. Each header entry is {"dtype", "shape", "data_offsets": [begin, end]}, relative to the data.
"""
import json
import struct
from pathlib import Path

import numpy as np
import torch

TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16,
         "BF16": torch.bfloat16, "I64": torch.int64}
NAMES = {dtype: name for name, dtype in TYPES.items()}
INDEX_FILE = "model.safetensors.index.json"


def to_bytes(tensor):
    """Row-major little-endian bytes of a tensor; numpy has no bfloat16, so that goes as int16."""
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def from_bytes(data, dtype, shape):
    """Tensor of `dtype` and `shape` over a copy of `data`."""
    stored = torch.int16 if dtype == torch.bfloat16 else dtype
    numpy_type = torch.empty(0, dtype=stored).numpy().dtype
    tensor = torch.from_numpy(np.frombuffer(data, dtype=numpy_type).copy())
    return (tensor.view(torch.bfloat16) if dtype == torch.bfloat16 else tensor).reshape(shape)


def save_file(tensors, path):
    """Writes {name: tensor} with names in sorted order, so that equal input gives equal files."""
    header, chunks, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(tensors):
        data = to_bytes(tensors[name])
        header[name] = {"dtype": NAMES[tensors[name].dtype], "shape": list(tensors[name].shape),
                        "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # data aligned to 8 bytes, as readers that map the file like it
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def load_file(path):
    """Reads {name: tensor} in the dtypes stored."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header, start = json.loads(data[8:8 + length]), 8 + length
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = from_bytes(data[start + begin:start + end], TYPES[entry["dtype"]],
                                   entry["shape"])
    return tensors


def load_checkpoint(folder):
    """Reads model.safetensors, or all shards named by the index file, of a checkpoint folder."""
    folder = Path(folder)
    if not (folder / INDEX_FILE).exists():
        return load_file(folder / "model.safetensors")
    shards = sorted(set(json.loads((folder / INDEX_FILE).read_text())["weight_map"].values()))
    return {name: tensor for shard in shards for name, tensor in load_file(folder / shard).items()}
