"""Follows the validation loss of a run: its best, and how long ago that was (early stopping: Prechelt 1998)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

SMALLEST_GAIN = 1e-4  # a share of the loss; less is noise, until several gains together are more


@dataclass
class Progress:
    """What a checkpoint keeps of the validation losses at the ends of epochs.

    Attributes:
        best: the lowest so far.
        best_step: when that was.
        level: what a loss has to undercut by more than noise to have fallen.
        stale: epochs since the loss last fell by more than noise.
        cuts: how often the learning rate was cut for that reason.
        since_cut: epochs without a fall since the last cut.
        suggested: it has been said that the loss no longer falls.
    """

    best: float = math.inf
    best_step: int = 0
    level: float = math.inf
    stale: int = 0
    cuts: int = 0
    since_cut: int = 0
    suggested: bool = False

    def see(self, step: int, loss: float) -> bool:
        """Take in the loss at the end of an epoch; True if it is the best so far."""
        known = math.isfinite(self.level)
        fell = loss < self.level - SMALLEST_GAIN * abs(self.level) if known else math.isfinite(loss)
        self.level = loss if fell else self.level
        self.suggested = self.suggested and not fell
        self.stale = 0 if fell else self.stale + 1
        self.since_cut = 0 if fell else self.since_cut + 1
        if loss < self.best:
            self.best, self.best_step = loss, step
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
        return {name: None if value == math.inf else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, state: dict[str, Any]) -> Progress:
        """The reverse of `state`; a fresh one for {}."""
        known = {"level": state.get("best"), **state}  # which older checkpoints do not have
        given: dict[str, Any] = {name: math.inf if value is None else value for name, value in known.items()}
        return cls(**given)
