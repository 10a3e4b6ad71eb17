"""Tasks: what a kind of data asks of a model, and what to compare it with."""

from __future__ import annotations

import numpy as np

from netlab.data.dataset import Dataset

METRICS = {"classification": "accuracy", "regression": "mae", "next_token": "accuracy",
           "sequence_to_sequence": "accuracy", "masked_language_model": "accuracy"}  # fmt: skip


def unigram_entropy(dataset: Dataset, column: str = "next_token") -> float:
    """Entropy of single tokens in nats: −Σ p ln p. A language model has to come below it to have learned order.

    The frequencies are those of the training rows, the text scored is the validation rows.
    """
    values = dataset.columns[column]
    size = dataset.field(column).classes or int(values.max()) + 1
    seen = np.bincount(values[dataset.splits["train"]].ravel(), minlength=size) + 1.0
    asked = np.bincount(values[dataset.splits["val"]].ravel(), minlength=size)
    return float(-(asked * np.log(seen / seen.sum())).sum() / asked.sum())
