"""Rows for pre-training: pairs of sentences of which half are neighbours, and hidden tokens (Devlin et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PAD, CLS, SEP, MASK = 0, 1, 2, 3
SPECIALS = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")
TRIES = 50  # to find a sentence unlike the true one, where many are alike


def sentence_pairs(
    sentences: Sequence[Sequence[int]], context: int, random: np.random.Generator
) -> dict[str, np.ndarray]:
    """A row for each sentence but the last: ``[CLS] first [SEP] second [SEP]`` and padding.

    The second is the sentence that follows, or for half of the rows, by lot, another one: neither the first nor one
    that looks like it or like the true one. Where there is no such sentence, the row has the true one.

    Returns:
        ``tokens`` and ``segment`` (rows, context) int64, the latter 1 from the second sentence to its separator;
        ``is_next`` (rows,) int64.
    """
    count = max(len(sentences) - 1, 0)
    tokens = np.full((count, context), PAD, np.int64)
    segment = np.zeros((count, context), np.int64)
    is_next = np.ones(count, np.int64)
    room = context - 3
    seen = [tuple(sentence[: room // 2]) for sentence in sentences]  # so much of each is in a row at least
    for i in range(count):
        other = i + 1
        if random.random() < 0.5:
            other = _another(seen, i, random)
            is_next[i] = other == i + 1
        first = sentences[i][: max(room - len(sentences[other]), room // 2)]
        second = sentences[other][: room - len(first)]
        row = [CLS, *first, SEP, *second, SEP]
        tokens[i, : len(row)] = row
        segment[i, len(first) + 2 : len(row)] = 1
    return {"tokens": tokens, "segment": segment, "is_next": is_next}


def _another(seen: Sequence[tuple[int, ...]], first: int, random: np.random.Generator) -> int:
    """A sentence unlike a sentence and the beginning of the one that follows it; the latter if none is found."""
    true = seen[first + 1]
    for other in random.integers(len(seen), size=TRIES).tolist():
        if seen[other] not in (seen[first], true[: len(seen[other])]):
            return other
    return first + 1


def masked(
    tokens: np.ndarray, share: float, vocab_size: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Tokens with some hidden, and what they were where they were chosen, 0 elsewhere.

    Of those chosen 80 % become ``[MASK]``, 10 % another token, and 10 % stay; special tokens are never chosen.
    """
    chosen = (tokens > MASK) & (random.random(tokens.shape) < share)
    original = np.where(chosen, tokens, PAD)
    lot = random.random(tokens.shape)
    others = random.integers(len(SPECIALS), vocab_size, tokens.shape)
    shown = np.where(chosen & (lot < 0.8), MASK, tokens)
    return np.where(chosen & (lot >= 0.8) & (lot < 0.9), others, shown), original
