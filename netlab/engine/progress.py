"""Follows the validation loss of a run: its best, and how long ago that was (early stopping: Prechelt 1998)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

SMALLEST_GAIN = 1e-4  # a share of the best loss; less is noise


@dataclass
class Progress:
    """What a checkpoint keeps of the validation losses at the ends of epochs.

    Attributes:
        best: the lowest so far.
        best_step: when that was.
        stale: epochs since the loss last fell by more than noise.
        cuts: how often the learning rate was cut for that reason.
        since_cut: epochs without a fall since the last cut.
        suggested: it has been said that the loss no longer falls.
    """

    best: float = math.inf
    best_step: int = 0
    stale: int = 0
    cuts: int = 0
    since_cut: int = 0
    suggested: bool = False

    def see(self, step: int, loss: float) -> bool:
        """Take in the loss at the end of an epoch; True if it is the best so far."""
        fell = loss < self.best - SMALLEST_GAIN * abs(self.best) if math.isfinite(self.best) else math.isfinite(loss)
        self.stale = 0 if fell else self.stale + 1
        self.since_cut = 0 if fell else self.since_cut + 1
        if loss < self.best:
            self.best, self.best_step = loss, step
            self.suggested = self.suggested and not fell
            return True
        return False

    def cut(self, patience: int) -> bool:
        """Whether it is time to cut the learning rate; counts it."""
        if self.since_cut < patience:
            return False
        self.cuts, self.since_cut = self.cuts + 1, 0
        return True

    def state(self) -> dict[str, Any]:
        """As plain data; an infinite loss is written as null."""
        return {**asdict(self), "best": self.best if math.isfinite(self.best) else None}

    @classmethod
    def of(cls, state: dict[str, Any]) -> Progress:
        """The reverse of `state`; a fresh one for {}."""
        return cls(**{**state, "best": math.inf if state.get("best") is None else state["best"]})
