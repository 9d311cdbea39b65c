"""Byte-level BPE (GPT-2 kind) over an existing Hugging Face tokenizer.json.

Splitting follows the GPT-2 regular expression; bytes map to printable characters as in GPT-2;
merges apply lowest rank first. Words are cached, which makes a 23 MB corpus a matter of seconds.
"""
import json
from pathlib import Path

import regex

END_OF_TEXT = "<|endoftext|>"
WORD = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


def byte_characters():
    """The GPT-2 table: the printable character that stands for each of the 256 byte values."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, extra = {byte: chr(byte) for byte in printable}, 256
    for byte in range(256):
        if byte not in table:
            table[byte] = chr(extra)
            extra += 1
    return table


class Tokenizer:
    """encode(text) -> ids and decode(ids) -> text for one tokenizer.json."""

    def __init__(self, path):
        model = json.loads(Path(path).read_text(encoding="utf-8"))["model"]
        self.vocabulary = model["vocab"]
        merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
        self.ranks = {tuple(pair): rank for rank, pair in enumerate(merges)}
        self.characters = byte_characters()
        self.bytes = {character: byte for byte, character in self.characters.items()}
        self.pieces = {token: piece for piece, token in self.vocabulary.items()}
        self.end_of_text = self.vocabulary[END_OF_TEXT]
        self.cache = {}

    def encode(self, text):
        """Ids of `text` as ordinary text; special tokens are for the caller to add."""
        ids = []
        for word in WORD.findall(text):
            if word not in self.cache:
                self.cache[word] = self.encode_word(word)
            ids += self.cache[word]
        return ids

    def encode_word(self, word):
        """Ids of one word by repeatedly merging the adjacent pair of lowest rank."""
        parts = [self.characters[byte] for byte in word.encode("utf-8")]
        while len(parts) > 1:
            pairs = [self.ranks.get(pair, len(self.ranks)) for pair in zip(parts, parts[1:])]
            best = min(pairs)
            if best == len(self.ranks):
                break
            at = pairs.index(best)
            parts[at:at + 2] = [parts[at] + parts[at + 1]]
        return [self.vocabulary[part] for part in parts]

    def decode(self, ids):
        """Text of `ids`; bytes that are not UTF-8 become replacement characters."""
        pieces = [self.pieces[token] for token in ids if token != self.end_of_text]
        data = bytes(self.bytes[character] for character in "".join(pieces))
        return data.decode("utf-8", errors="replace")
