"""What metrics are called where several panels show them."""

from __future__ import annotations

from netlab.language import mark, tr

QUANTITIES = (
    mark("loss"), mark("accuracy"), mark("mae"), mark("mse"), mark("rmse"), mark("r2"), mark("f1"), mark("auroc"),
    mark("perplexity"), mark("exact_match"), mark("lr"), mark("epoch"), mark("samples_per_s"),
)  # fmt: skip
PARTS = {"train": mark("train/{quantity}"), "val": mark("val/{quantity}"), "test": mark("test/{quantity}")}


def metric(name: str) -> str:
    """What a metric is called, e.g. ``val/loss``; one that nobody knows keeps its name."""
    part, _, quantity = name.partition("/")
    return tr(PARTS[part], quantity=tr(quantity)) if quantity and part in PARTS else tr(name)
