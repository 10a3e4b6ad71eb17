"""Faults of a running model, led back to the node where they began and told in a sentence."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import torch

from netlab.compiler.source import where
from netlab.engine.build import Built, node_of
from netlab.engine.loader import Batch

EXPLODED = 1e9


class TrainingFault(Exception):
    """Training cannot go on: a sentence for the user, and the node where it began ("" if none is known)."""

    def __init__(self, message: str, node: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message, self.node, self.detail = message, node, detail


def of_exception(error: Exception, built: Built, batch_size: int) -> TrainingFault:
    """What an exception in the model means."""
    node = node_of(error, built)
    place = where(built.project, node) if node else "The model"
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "not enough memory" in str(error):
        remedy = f"Lower batch_size (now {batch_size}) to {max(1, batch_size // 2)}, or make the largest layer smaller."
        return TrainingFault(f"The memory was used up at {place}. {remedy}", node, str(error))
    first = str(error).strip().split("\n")[0]
    return TrainingFault(f"{place} failed: {first}", node, str(error))


def of_loss(built: Built, batch: Batch, step: int, loss: float, learning_rate: float) -> TrainingFault:
    """What a loss that is infinite, not a number or beyond reason means; the step is run again to find the place."""
    node = first_bad_node(built, batch)
    name = "not a number" if loss != loss else "infinite" if loss in (float("inf"), -float("inf")) else f"{loss:.3g}"
    place = f" The first numbers to go wrong are those of {where(built.project, node)}." if node else ""
    better = min(learning_rate / 10, 1e-3) if learning_rate > 1e-3 else learning_rate / 10
    remedy = f"Lower the learning rate (now {learning_rate:g}), for example to {better:.2g}."
    message = f"The loss is {name} at step {step}.{place} {remedy} The last checkpoint still holds good weights."
    return TrainingFault(message, node)


@torch.no_grad()
def first_bad_node(built: Built, batch: Batch) -> str:
    """The first node, in the order of the source, whose value holds numbers that are not finite or beyond reason.

    Runs the forward pass once more and looks at the variables after every line of the generated text.
    """
    code = type(built.model).forward.__code__
    found: list[str] = []
    seen_line = 0

    def watch(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal seen_line
        if frame.f_code is not code:
            return None
        node = built.source.node_of_line.get(seen_line, "")
        if node and not found and any(_bad(value) for value in frame.f_locals.values()):
            found.append(node)
        seen_line = frame.f_lineno
        return watch

    previous = sys.gettrace()
    sys.settrace(watch)
    try:
        built.model(**built.source.arguments(batch))
    except Exception as error:
        found.append(node_of(error, built))
    finally:
        sys.settrace(previous)
    return found[0] if found else ""


def _bad(value: Any) -> bool:
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return False
    return not bool(torch.isfinite(value).all()) or float(value.abs().max()) > EXPLODED
