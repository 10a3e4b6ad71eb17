"""Means over parts, of a batch or of a split: each part weighs as much as it has of what the mean is over.

Most losses are means over rows. Those of tokens leave some targets out, such as padding, so that they and their metrics
are means over the targets that count, of which every part has another number. An exported script has this word for word.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import torch

Counted = Mapping[str, tuple[str, int]]
"""By the name of a reading, the field of its targets and the index of those that are left out."""


def count(batch: Mapping[str, torch.Tensor], counted: Counted) -> dict[str, torch.Tensor]:
    """How many targets the readings of a batch are means over; a reading that is one over rows is not in it."""
    known = {each: (batch[each[0]] != each[1]).sum() for each in dict.fromkeys(counted.values())}
    return {name: known[each] for name, each in counted.items()}


def weighed(value: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """A mean times its weight; one over nothing, which is no number, is nothing."""
    return torch.where(share > 0, value * share, 0.0)


def contribution(
    readings: Mapping[str, torch.Tensor],
    rows: float,
    shares: Mapping[str, torch.Tensor],
    weights: Mapping[str, float],
) -> dict[str, torch.Tensor]:
    """What the readings of a part add to those of the whole.

    Args:
        rows: its share of the rows.
        shares: its share of the targets that count, by the name of a reading that is a mean over those.
        weights: the weights of several losses in the total, by the names of their readings; {} for a single one.
    """
    told = {name: weighed(v, shares[name]) if name in shares else v * rows for name, v in readings.items()}
    if shares and weights:  # each loss of the total may count other targets
        told["loss"] = reduce(torch.add, [weight * told[name] for name, weight in weights.items()])
    return told


class Sums:
    """Means over all batches of a split, as they go by."""

    def __init__(self, counted: Counted, weights: Mapping[str, float]) -> None:
        self.counted, self.weights = counted, weights
        self.totals: dict[str, torch.Tensor] = {}
        self.counts: dict[str, torch.Tensor] = {}

    def see(self, readings: Mapping[str, torch.Tensor], batch: Mapping[str, torch.Tensor]) -> None:
        """Take in the readings of a batch."""
        known = count(batch, self.counted)
        rows = torch.tensor(len(next(iter(batch.values()))))
        for name, value in readings.items():
            share = known.get(name, rows).to(value.device)
            exact = value if value.device.type == "mps" else value.double()  # Apple's GPUs have no float64
            self.totals[name] = self.totals.get(name, 0.0) + weighed(exact, share)
            self.counts[name] = self.counts.get(name, 0) + share

    def means(self) -> dict[str, float]:
        """The mean of every reading, not a number where nothing counted."""
        found = {name: float(total / self.counts[name]) for name, total in self.totals.items()}
        if found and self.counted and self.weights:
            found["loss"] = sum(weight * found[name] for name, weight in self.weights.items())
        return found
