"""Tasks: what a kind of data asks of a model, which loss fits, what is measured, and how predictions read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netlab.data.dataset import Dataset, Field
from netlab.data.fitted import Fitted


@dataclass(frozen=True)
class Task:
    """One kind of question that data asks.

    Attributes:
        inputs, targets: kinds of fields that the model reads, and that the loss compares with.
        loss: key of the loss layer to begin with.
        metrics: what is measured beside the loss; the first is the one to choose models by.
        outputs: what the last layer gives for one sample.
        reads: how an answer is to be read: ``class``, ``labels``, ``numbers``, ``tokens``, ``image`` or ``point``.
    """

    title: str
    asks: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    loss: str
    metrics: tuple[str, ...]
    outputs: str
    reads: str


ANY = ("features", "points", "image", "series", "tokens")
TASKS: dict[str, Task] = {
    "classification": Task(
        "Classification", "Which of several classes is it?", ANY, ("label",), "cross_entropy_loss",
        ("accuracy", "f1", "confusion"), "one score for each class", "class",
    ),
    "binary_classification": Task(
        "Binary classification", "Is it, or is it not?", ANY, ("labels",), "bce_loss",
        ("accuracy", "auroc", "f1"), "one score, above 0 for yes", "labels",
    ),
    "multi_label": Task(
        "Several labels", "Which labels does it have, none or any number?", ANY, ("labels",), "bce_loss",
        ("accuracy", "f1"), "one score for each label, above 0 for yes", "labels",
    ),
    "regression": Task(
        "Regression", "How much is it?", ANY, ("target",), "mse_loss",
        ("mae", "rmse", "r2"), "one number for each target", "numbers",
    ),
    "forecasting": Task(
        "Forecasting", "What comes next in the series?", ("series",), ("target",), "mse_loss",
        ("mae", "rmse"), "one number for each step of the horizon", "numbers",
    ),
    "sequence_labelling": Task(
        "Sequence labelling", "Which class is each token of?", ("tokens",), ("tags",), "cross_entropy_loss",
        ("accuracy", "f1"), "one score for each class at each place", "tokens",
    ),
    "next_token": Task(
        "Next token", "How does the text go on?", ("tokens",), ("tokens",), "cross_entropy_loss",
        ("perplexity", "accuracy"), "one score for each token of the vocabulary at each place", "tokens",
    ),
    "masked_language_model": Task(
        "Masked language model", "Which tokens are hidden?", ("tokens", "segments"), ("tokens",),
        "cross_entropy_loss", ("accuracy", "perplexity"), "one score for each token of the vocabulary at each place",
        "tokens",
    ),
    "masked_and_next_sentence": Task(
        "Masked text and next sentence", "Which tokens are hidden, and does the second sentence follow the first?",
        ("tokens", "segments"), ("tokens", "label"), "cross_entropy_loss", ("accuracy",),
        "scores of tokens at each place, and two scores for the pair", "tokens",
    ),
    "sequence_to_sequence": Task(
        "Sequence to sequence", "What is this row of tokens in the other form?", ("tokens",), ("tokens",),
        "cross_entropy_loss", ("exact_match", "accuracy"), "one score for each token at each place of the target",
        "tokens",
    ),
    "autoencoding": Task(
        "Autoencoding", "What is left of it after a narrow place?", ANY, ANY, "mse_loss", ("mae",),
        "as much as went in", "image",
    ),
    "contrastive": Task(
        "Contrastive", "Which two belong together?", ANY, (), "contrastive_loss", ("accuracy",),
        "a point for each sample", "point",
    ),
}  # fmt: skip


def answer(task: Task, scores: np.ndarray, dataset: Fitted, field: Field | None = None) -> dict[str, Any]:
    """What a model says of one sample, in words and units of the data.

    Args:
        scores: output for one sample: (classes,), (targets,), (places, classes), …
        field: the field the scores are to be compared with, for its names; found by the task if None.
    """
    if field is None:
        field = next((f for f in dataset.fields if f.kind in task.targets and f.kind not in ("image",)), None)
    names = field.names if field is not None else ()
    if task.reads == "class":
        return _ranked(_softmax(scores), names)
    if task.reads == "labels":
        shares = 1 / (1 + np.exp(-scores.astype(np.float64)))
        told = {_name(names, i): round(float(share), 6) for i, share in enumerate(shares.ravel())}
        return {"labels": told, "answer": [name for name, share in told.items() if share > 0.5]}
    if task.reads == "numbers":
        values = scores.astype(np.float64).ravel()
        if field is not None and field.name in dataset.normalisation:
            mean, std = (np.asarray(part, np.float64).ravel() for part in dataset.normalisation[field.name])
            values = values * std + mean
        return {"value": [round(float(value), 6) for value in values]}
    if task.reads == "tokens":
        best = scores.argmax(-1)
        if names:  # classes of tokens, and no tokens
            return {"tokens": [_name(names, int(i)) for i in best]}
        words = dataset.tokenizer
        if words is None:
            return {"tokens": [str(int(i)) for i in best]}
        return {"tokens": [words.token(int(i)) for i in best], "text": words.decode(map(int, best), specials=False)}
    return {"shape": list(scores.shape)}


def _ranked(shares: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    order = np.argsort(-shares, kind="stable")[:5]
    ranked = [{"class": _name(names, int(i)), "probability": round(float(shares[i]), 6)} for i in order]
    return {"answer": ranked[0]["class"], "classes": ranked}


def _name(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else str(index)


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores.astype(np.float64) - scores.max())
    return raised / raised.sum()


def unigram_entropy(dataset: Dataset, column: str = "next_token") -> float:
    """Entropy of single tokens in nats: −Σ p ln p. A language model has to come below it to have learned order.

    The frequencies are those of the training rows, the text scored is the validation rows.
    """
    values = dataset.columns[column]
    size = dataset.field(column).classes or int(values.max()) + 1
    seen = np.bincount(values[dataset.splits["train"]].ravel(), minlength=size) + 1.0
    asked = np.bincount(values[dataset.splits["val"]].ravel(), minlength=size)
    return float(-(asked * np.log(seen / seen.sum())).sum() / asked.sum())
