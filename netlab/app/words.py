"""Words that several panels say: the names of metrics, and parts of a sentence one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from netlab.language import mark, tr

QUANTITIES = (
    mark("loss"), mark("accuracy"), mark("mae"), mark("rmse"), mark("r2"), mark("f1"), mark("auroc"),
    mark("perplexity"), mark("exact_match"), mark("lr"), mark("epoch"), mark("samples_per_s"),
)  # fmt: skip
COMMA, SEMICOLON = mark("{before}, {part}"), mark("{before}; {part}")
SENTENCES = mark("{before} {part}")
PARTS = {"train": mark("train/{quantity}"), "val": mark("val/{quantity}"), "test": mark("test/{quantity}")}


def metric(name: str) -> str:
    """What a metric is called, e.g. ``val/loss``; one that nobody knows keeps its name."""
    part, _, quantity = name.partition("/")
    return tr(PARTS[part], quantity=tr(quantity)) if quantity and part in PARTS else tr(name)


def listed(parts: Iterable[str], by: str = COMMA) -> str:
    """Parts one after the other, e.g. ``a, b, c``; `by` is one of `COMMA`, `SEMICOLON` and `SENTENCES`."""
    told = [part for part in parts if part]
    return reduce(lambda before, part: tr(by, before=before, part=part), told) if told else ""
