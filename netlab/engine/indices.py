"""Finds the index that a table, a loss or a selection does not have, with the row of the batch that it is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from netlab.engine.build import Built, node_of
from netlab.engine.drawing import Batch
from netlab.language import mark, tr

LOSSES = (F.cross_entropy, F.nll_loss)


@dataclass(frozen=True)
class Stray:
    """An index out of range: at which node, in which row of the batch, and how many there are to choose from."""

    node: str
    row: int
    value: int
    count: int
    is_class: bool

    def told(self, place: str) -> str:
        """What is wrong, as a sentence; `place` is what the node is called."""
        if self.is_class:
            text = mark("{place} is told the class {value}, but there are only those from 0 to {last}.")
        else:
            text = mark("{place} is asked for number {value}, but there are only those from 0 to {last}.")
        return tr(text, place=place, value=self.value, last=self.count - 1)


class _StrayIndex(Exception):
    def __init__(self, position: float, value: int, count: int, is_class: bool) -> None:
        super().__init__(f"{value} of {count}")
        self.position, self.value, self.count, self.is_class = position, value, count, is_class


class _Watch(TorchFunctionMode):
    """Looks at indices before torch does, which on a GPU would take the whole process down."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        told = kwargs or {}
        if func in LOSSES:
            scores, target = _argument(args, told, 0, "input"), _argument(args, told, 1, "target")
            if not target.is_floating_point():
                _check(target, scores.shape[min(1, scores.ndim - 1)], told.get("ignore_index", -100), is_class=True)
        elif func is F.embedding:
            _check(_argument(args, told, 0, "input"), _argument(args, told, 1, "weight").shape[0])
        elif func is F.one_hot and (count := _argument(args, told, 1, "num_classes")) and count > 0:
            _check(_argument(args, told, 0, "tensor"), count)
        elif func in (torch.gather, torch.Tensor.gather, torch.index_select, torch.Tensor.index_select):
            axis = _argument(args, told, 1, "dim")
            _check(_argument(args, told, 2, "index"), args[0].shape[axis])
        return func(*args, **told)


def _argument(args: tuple[Any, ...], told: dict[str, Any], place: int, name: str) -> Any:
    return args[place] if len(args) > place else told.get(name)


def _check(indices: torch.Tensor, count: int, ignored: int | None = None, is_class: bool = False) -> None:
    wrong = (indices < 0) | (indices >= count)
    if ignored is not None:
        wrong &= indices != ignored
    if wrong.any():
        first = int(wrong.flatten().int().argmax())
        raise _StrayIndex(first / indices.numel(), int(indices.flatten()[first]), count, is_class)


@torch.no_grad()
def stray_index(built: Built, batch: Batch) -> Stray | None:
    """The first index out of range when the model runs on the batch; None if there is none."""
    try:
        with _Watch():
            built.model(**built.source.arguments(batch))
    except _StrayIndex as found:
        row = int(found.position * len(next(iter(batch.values()))))
        return Stray(node_of(found, built), row, found.value, found.count, found.is_class)
    except Exception:  # another fault, which is told as it is
        return None
    return None
