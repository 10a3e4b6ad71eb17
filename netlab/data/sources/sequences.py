"""Sequences: small puzzles from one row of digits to another, for models with an encoder and a decoder."""

from __future__ import annotations

import json

import numpy as np

from netlab.data.dataset import Dataset, Field, Source
from netlab.data.findings import Progress, silent
from netlab.data.texts import END, PAD, START, pairs
from netlab.data.tokenizer import Tokenizer
from netlab.options import Choice, Int

RULES = ("reverse", "sort", "copy", "add", "parentheses")
SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"
SPECIALS = ("·", "▸", "■")
WRITTEN = ("add", "parentheses")
DEEPEST = 35


class Sequences(Source):
    """Rows of symbols of varying length and what is to be made of them, with start, end and padding.

    ``source`` is what is read; ``target_in`` what the decoder has made so far, one step behind ``target``, what it
    is to make (teacher forcing). Padding has the index 0, which losses leave out with ignore_index = 0.
    """

    title = "Sequence puzzles"
    about = "Reverse, sort, copy, add, match brackets: the smallest tasks that need an encoder and a decoder."
    task = "sequence_to_sequence"
    licence = "MIT"
    origin = "made by NetLab from a rule"
    rule = Choice("reverse", RULES, help="What the target is: for add the sum, for parentheses how deep each one lies.")
    sequences = Int(4000, min=50, max=1_000_000, unit="rows", help="How many pairs.")
    symbols = Int(10, min=2, max=len(SYMBOLS), unit="symbols", help="How many different symbols; add has its own.")
    min_length = Int(4, min=1, max=512, unit="symbols", help="Length of the shortest row.")
    max_length = Int(10, min=1, max=512, unit="symbols", help="Length of the longest row.")
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes the rows.")

    def fields(self) -> tuple[Field, ...]:
        size = len(SPECIALS) + len(self._signs())
        longest = max(self.min_length, self.max_length)
        return (
            Field("source", f"T={longest}", "int", "tokens", size),
            Field("target_in", f"T={longest + 1}", "int", "tokens", size),
            Field("target", f"T={longest + 1}", "int", "tokens", size),
        )

    def row_count(self) -> int:
        return self.sequences

    def load(self, progress: Progress = silent) -> Dataset:
        random = np.random.Generator(np.random.Philox(self.seed))
        columns = self._written(random) if self.rule in WRITTEN else self._drawn(random)
        words = Tokenizer("char", json.dumps([*SPECIALS, *self._signs()], ensure_ascii=False), SPECIALS)
        splits = self.shuffled_splits(self.sequences)
        return Dataset(self.fields(), {n: c.astype(np.int64) for n, c in columns.items()}, splits, tokenizer=words)

    def _signs(self) -> str:
        """The symbols that rows are made of."""
        if self.rule == "add":
            return SYMBOLS[:10] + "+"
        longest = max(self.min_length, self.max_length)
        return (
            "()" + SYMBOLS[1 : min(longest // 2, DEEPEST) + 1]
            if self.rule == "parentheses"
            else SYMBOLS[: self.symbols]
        )

    def _written(self, random: np.random.Generator) -> dict[str, np.ndarray]:
        """Columns of rows that are written out one by one."""
        low, high = sorted((self.min_length, self.max_length))
        make = _addition if self.rule == "add" else _parentheses
        ids = {sign: i for i, sign in enumerate(self._signs(), len(SPECIALS))}
        rows = [make(int(length), random) for length in random.integers(low, high + 1, self.sequences)]
        read, written = ([[ids[sign] for sign in row[side]] for row in rows] for side in (0, 1))
        return pairs(read, written, (high, high))

    def _drawn(self, random: np.random.Generator) -> dict[str, np.ndarray]:
        """Columns of rows of symbols, all at once."""
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
        return {"source": source, "target_in": given, "target": target}

    def _made(self, source: np.ndarray, lengths: np.ndarray, inside: np.ndarray) -> np.ndarray:
        if self.rule == "copy":
            return source
        if self.rule == "sort":
            return np.where(inside, np.sort(np.where(inside, source, np.iinfo(np.int64).max), 1), PAD)
        back = np.maximum(lengths[:, None] - 1 - np.arange(source.shape[1]), 0)
        return np.where(inside, np.take_along_axis(source, back, 1), PAD)


def _addition(length: int, random: np.random.Generator) -> tuple[str, str]:
    """Two numbers with a plus between, at most so many signs, and their sum."""
    digits = max(1, (length - 1) // 2)
    a, b = (int(random.integers(10**d)) for d in random.integers(1, min(digits, 18) + 1, 2))
    return (f"{a}+{b}", str(a + b)) if length >= 3 else ("0", "0")


def _parentheses(length: int, random: np.random.Generator) -> tuple[str, str]:
    """Balanced brackets, and how deep each lies."""
    half, open_, depth = max(1, length // 2), 0, 0
    row, depths = "", ""
    while len(row) < 2 * half:
        left = half - open_
        up = left > 0 and depth < DEEPEST and (depth == 0 or random.random() < left / (left + depth))
        open_, depth = open_ + up, depth + (1 if up else -1)
        row += "(" if up else ")"
        depths += SYMBOLS[depth + (not up)]
    return row, depths
