"""Sequences: small puzzles from one row of digits to another, for models with an encoder and a decoder."""

from __future__ import annotations

import json

import numpy as np

from netlab.data.dataset import Dataset, Field, Source
from netlab.data.tokenizer import Tokenizer
from netlab.options import Choice, Int

PAD, START, END = 0, 1, 2
SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"
SPECIALS = ["·", "▸", "■"]


class Sequences(Source):
    """Rows of symbols of varying length and what is to be made of them, with start, end and padding.

    ``source`` is what is read; ``target_in`` what the decoder has made so far, one step behind ``target``, what it
    is to make (teacher forcing). Padding has the index 0, which losses leave out with ignore_index = 0.
    """

    title = "Sequence puzzles"
    about = "Reverse, sort or copy a row of symbols: the smallest tasks that need an encoder and a decoder."
    task = "sequence_to_sequence"
    licence = "MIT"
    origin = "made by NetLab from a rule"
    rule = Choice("reverse", ("reverse", "sort", "copy"), help="What the target is made of the source by.")
    sequences = Int(4000, min=50, max=1_000_000, unit="rows", help="How many pairs.")
    symbols = Int(10, min=2, max=len(SYMBOLS), unit="symbols", help="How many different symbols.")
    min_length = Int(4, min=1, max=512, unit="symbols", help="Length of the shortest row.")
    max_length = Int(10, min=1, max=512, unit="symbols", help="Length of the longest row.")
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes the rows.")

    def fields(self) -> tuple[Field, ...]:
        size = len(SPECIALS) + self.symbols
        longest = max(self.min_length, self.max_length)
        return (
            Field("source", f"T={longest}", "int", "tokens", size),
            Field("target_in", f"T={longest + 1}", "int", "tokens", size),
            Field("target", f"T={longest + 1}", "int", "tokens", size),
        )

    def load(self) -> Dataset:
        random = np.random.Generator(np.random.Philox(self.seed))
        low, high = sorted((self.min_length, self.max_length))
        lengths = random.integers(low, high + 1, self.sequences)
        inside = np.arange(high) < lengths[:, None]
        symbols = random.integers(len(SPECIALS), len(SPECIALS) + self.symbols, (self.sequences, high))
        source = np.where(inside, symbols, PAD)
        made = self._made(source, lengths, inside)
        rows = np.arange(self.sequences)
        target = np.concatenate([made, np.full((self.sequences, 1), PAD)], 1)
        target[rows, lengths] = END
        given = np.concatenate([np.full((self.sequences, 1), START), made], 1)
        columns = {"source": source, "target_in": given, "target": target}
        words = Tokenizer("char", json.dumps([*SPECIALS, *SYMBOLS[: self.symbols]], ensure_ascii=False))
        splits = self.shuffled_splits(self.sequences)
        return Dataset(self.fields(), {n: c.astype(np.int64) for n, c in columns.items()}, splits, tokenizer=words)

    def _made(self, source: np.ndarray, lengths: np.ndarray, inside: np.ndarray) -> np.ndarray:
        if self.rule == "copy":
            return source
        if self.rule == "sort":
            return np.where(inside, np.sort(np.where(inside, source, np.iinfo(np.int64).max), 1), PAD)
        back = np.maximum(lengths[:, None] - 1 - np.arange(source.shape[1]), 0)
        return np.where(inside, np.take_along_axis(source, back, 1), PAD)
