"""Corpus text to token ids: reads .txt or .txt.xz, splits at <|endoftext|>, caches the result."""
import hashlib
import lzma
from pathlib import Path

import numpy as np
import torch

from tokenizer import END_OF_TEXT, Tokenizer


def read_documents(path):
    """The documents of a text file, without their separators and outer line breaks."""
    data = Path(path).read_bytes()
    text = (lzma.decompress(data) if Path(path).suffix == ".xz" else data).decode("utf-8")
    return [document.strip("\n") for document in text.split(END_OF_TEXT) if document.strip()]


def load_tokens(path, tokenizer_file, cache_folder):
    """(ids int64 [N], number of UTF-8 bytes of document text). Every document begins with
    <|endoftext|>, and one more ends the last."""
    key = hashlib.sha256(Path(path).read_bytes() + Path(tokenizer_file).read_bytes()).hexdigest()
    cached = Path(cache_folder) / f"tokens-{key[:16]}.npz"
    if not cached.exists():
        tokenizer = Tokenizer(tokenizer_file)
        documents, ids = read_documents(path), []
        for document in documents:
            ids += [tokenizer.end_of_text, *tokenizer.encode(document)]
        ids.append(tokenizer.end_of_text)
        cached.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cached, ids=np.array(ids, dtype=np.uint16),
                 text_bytes=sum(len(document.encode("utf-8")) for document in documents))
    stored = np.load(cached)
    return torch.from_numpy(stored["ids"].astype(np.int64)), int(stored["text_bytes"])


def training_batches(ids, batch, length, generator):
    """Endless [batch, length + 1] windows: each epoch cuts the corpus into rows at a fresh random
    offset and shuffles them, so that every token is seen once per epoch in a new context."""
    while True:
        offset = int(torch.randint(length, (1,), generator=generator))
        count = (len(ids) - 1 - offset) // length
        for rows in torch.randperm(count, generator=generator).split(batch):
            if len(rows) == batch:
                starts = offset + rows * length
                yield torch.stack([ids[start:start + length + 1] for start in starts.tolist()])
