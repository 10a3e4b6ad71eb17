"""What a task wants measured beside its loss, over all rows of a part, by torchmetrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torchmetrics import Metric, classification, regression
from torchmetrics.text import Perplexity

from netlab.data.task import TASKS, Task
from netlab.engine.build import Built

Prepare = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
CONFUSION = "confusion"
MOST_CLASSES = 1000  # more make no table that anybody reads


@dataclass
class Measures:
    """Metrics of one output against one target.

    Attributes:
        target: the field with the right answers.
        parts: each metric, and what it is given for scores and answers.
    """

    target: str
    parts: dict[str, tuple[Metric, Prepare]]

    def see(self, scores: Tensor, answers: Tensor) -> None:
        """Take in a batch: what the model gives, (B, …, classes) or numbers, and what is right, (B, …)."""
        for metric, prepare in self.parts.values():
            metric.update(*prepare(scores, answers))

    def result(self) -> tuple[dict[str, float], list[list[int]]]:
        """Value by name; and how often each class (row) was taken for each other (column), [] where that says nothing."""
        found = {name: metric.compute() for name, (metric, _) in self.parts.items()}
        table = found.pop(CONFUSION, None)
        return {name: float(value) for name, value in found.items()}, [] if table is None else table.int().tolist()


def measures_of(built: Built, task: str, device: torch.device) -> Measures | None:
    """The metrics of the model's task; None if it is not one output that one loss compares with one target."""
    graph, layers = built.project.graph, built.inferred.layers
    sources = {(e.target, e.target_port): (e.source, e.source_port) for e in graph.edges.values()}
    outputs = [node for node, layer in layers.items() if layer.role == "output"]
    losses = [node for node, layer in layers.items() if layer.role == "loss"]
    if len(outputs) != 1 or len(losses) != 1 or len(built.source.targets) != 1:
        return None
    output, loss = outputs[0], losses[0]
    shape = built.inferred.inputs.get((output, "x"))
    if shape is None or sources.get((output, "x")) != sources.get((loss, "prediction")):
        return None
    ignored = layers[loss].values.get("ignore_index")
    parts = _parts(TASKS[task], shape.last, ignored) if task in TASKS else {}
    wanted = {name: parts[name] for name in TASKS[task].metrics if name in parts} if parts else {}
    for metric, _ in wanted.values():
        metric.to(device)
    return Measures(built.source.targets[0], wanted) if wanted else None


def _parts(task: Task, width: int, ignored: int | None) -> dict[str, tuple[Metric, Prepare]]:
    """Every metric that fits the way in which answers of the task are read."""
    match task.reads:
        case "class" | "tokens":
            parts: dict[str, tuple[Metric, Prepare]] = {
                "accuracy": (classification.MulticlassAccuracy(width, average="micro", ignore_index=ignored), _best),
                "f1": (classification.MulticlassF1Score(width, average="macro", ignore_index=ignored), _best),
                "exact_match": (classification.MulticlassExactMatch(width, ignore_index=ignored), _best),
                "perplexity": (Perplexity(ignored), _logits),
            }
            if task.reads == "class" and width <= MOST_CLASSES:
                parts[CONFUSION] = (classification.MulticlassConfusionMatrix(width, ignore_index=ignored), _best)
            return parts
        case "labels" if width == 1:
            return {
                "accuracy": (classification.BinaryAccuracy(), _shares),
                "f1": (classification.BinaryF1Score(), _shares),
                "auroc": (classification.BinaryAUROC(), _shares),
            }
        case "labels":
            return {
                "accuracy": (classification.MultilabelAccuracy(width, average="micro"), _shares),
                "f1": (classification.MultilabelF1Score(width), _shares),
            }
        case "numbers":
            return {
                "mae": (regression.MeanAbsoluteError(), _flat),
                "rmse": (regression.MeanSquaredError(squared=False), _flat),
                "r2": (regression.R2Score(multioutput="variance_weighted"), _rows),
            }
        case _:
            return {}


def _best(scores: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
    return scores.argmax(-1), answers


def _logits(scores: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
    return scores.float(), answers


def _shares(scores: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
    """Of the labels, which are yes above 0: a share from 0 to 1 against 0 or 1."""
    return scores.float().sigmoid().squeeze(-1), answers.reshape(scores.shape).round().long().squeeze(-1)


def _flat(scores: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
    return scores.float().flatten(), answers.float().flatten()


def _rows(scores: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
    """(B, numbers), or (B,) where there is one."""
    flat = scores.float().flatten(1)
    flat = flat.squeeze(1) if flat.shape[1] == 1 else flat
    return flat, answers.float().reshape(flat.shape)
