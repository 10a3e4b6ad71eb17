"""Gaps in a text: what a model that was trained on hidden tokens puts into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from netlab.data.pretraining import CLS, MASK, SEP, SPECIALS

if TYPE_CHECKING:
    from netlab.engine.explore import Model

GAP, END = SPECIALS[MASK], SPECIALS[SEP]
GUESSES = 5


def inputs_with_gaps(model: Model, text: str) -> dict[str, torch.Tensor]:
    """A text, or two with [SEP] between, as a batch of one of the fields that the model was trained on."""
    row, segments = [CLS], [0]
    for number, sentence in enumerate(text.split(END)):
        ids = [*_ids(model, sentence), SEP]
        row += ids
        segments += [min(number, 1)] * len(ids)
    kinds = {"tokens": row, "segments": segments}
    return {n: torch.tensor([model.padded(kinds[model.field(n).kind], n)]) for n in model.built.source.inputs}


def _ids(model: Model, sentence: str) -> list[int]:
    """Tokens of a sentence. A blank before a gap belongs to what is hidden, as in training."""
    before, *behind = sentence.strip().split(GAP)
    ids = model.words.encode(before.rstrip() if behind else before)
    for place, part in enumerate(behind, 1):
        ids += [MASK, *model.words.encode(part.rstrip() if place < len(behind) else part)]
    return ids


def filled(model: Model, row: list[int], scores: torch.Tensor) -> dict[str, Any]:
    """The text with the likeliest tokens in its gaps, and for each gap the best guesses.

    Args:
        row: the ids that were asked about.
        scores: one for each token at each place, (places, vocabulary).
    """
    words = model.words
    shares = scores[:, : words.size].softmax(-1)
    shares[:, : len(SPECIALS)] = 0.0  # a gap hides text
    gaps = []
    for place in [place for place, token in enumerate(row) if token == MASK]:
        best = shares[place].topk(min(GUESSES, words.size - len(SPECIALS)))
        row[place] = int(best.indices[0])
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        gaps.append([{"token": words.token(i), "probability": round(share, 6)} for i, share in pairs])
    return {"text": words.decode(row, specials=False), "gaps": gaps}
