"""Whether two runs of the same project gave the same numbers, and if not, what may be the reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netlab.language import listing, mark, sentences, tr
from netlab.runs.reader import LIVE, RunReader
from netlab.runs.strand import Strand

CIRCUMSTANCES = {
    "netlab": mark("NetLab"), "torch": mark("torch"), "python": mark("Python"), "processor": mark("processor"),
    "threads": mark("threads"), "device_type": mark("device"), "data_hash": mark("data"), "processes": mark("processes"),
}  # fmt: skip
"""What has to be the same for the same numbers, beside the project; keys of a run's status, and what people call them."""
SHOWN = 20  # characters of a value: of the fingerprint of data it takes a few to see that it is another
BY_HAND = ("learning_rate", "weight_decay", "loss_weight")
LOSS = "train/loss"


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The circumstances that changed, as ``threads 3 → 2, torch unknown → 2.13``; "" if none did."""
    told = {name: then.get(name, tr("unknown")) for name in now}
    return listing(
        f"{tr(CIRCUMSTANCES[name])} {_short(told[name])} → {_short(value)}"
        for name, value in now.items()
        if told[name] != value
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]}…"


def same_numbers(first: Path, second: Path) -> str:
    """A sentence on the losses of two runs of the same project, step by step, and on why they differ; "" without any."""
    alike = Alike(first, second)
    while alike.go_on():
        pass
    return alike.sentence()


class Alike:
    """Holds the losses of two runs against each other, a stretch at a time, so that a window can do it.

    Attributes:
        count: steps that were found the same.
    """

    def __init__(self, first: Path, second: Path) -> None:
        self._folders = (first, second)
        self._begin()

    def _begin(self) -> None:
        self._strands = [Strand(folder, LOSS) for folder in self._folders]
        self._waiting: list[tuple[np.ndarray, ...]] = [(np.empty(0, np.int64), np.empty(0)) for _ in self._folders]
        self._unequal: tuple[int, float, float] | None = None
        self.count = 0

    def go_on(self) -> bool:
        """Read on where less is known, and compare; False when all there is was compared, or a difference found."""
        if self._unequal is not None:
            return False
        known = [len(steps) for steps, _ in self._waiting]
        at = known.index(min(known))
        return self._read(at) or (known[0] == known[1] and self._read(1 - at))

    def _read(self, at: int) -> bool:
        found = self._strands[at].read()
        if self._strands[at].anew:
            self._begin()
            return True
        if found is None:
            return False
        self._waiting[at] = tuple(np.concatenate(pair) for pair in zip(self._waiting[at], found, strict=True))
        self._compare()
        return True

    def _compare(self) -> None:
        (steps, losses), (other_steps, others) = self._waiting
        count = min(len(steps), len(other_steps))
        unequal = (steps[:count] != other_steps[:count]) | ~np.isclose(losses[:count], others[:count], 0, 0, True)
        if unequal.any():
            at = int(unequal.argmax())
            self._unequal = int(steps[at]), float(losses[at]), float(others[at])
            count = at
        self.count += count
        self._waiting = [(steps[count:], losses[count:]), (other_steps[count:], others[count:])]

    def sentence(self, more: bool = False) -> str:
        """What was found so far; `more`: there is more to compare."""
        readers = RunReader(self._folders[0]), RunReader(self._folders[1])
        try:
            if self._unequal is not None:
                step, loss, other = self._unequal
                told = tr(
                    "The losses differ from step {step:,} on: {loss:.6g} and {other:.6g}.",
                    step=step,
                    loss=loss,
                    other=other,
                )
                return sentences(told, _reason(*readers, step))
            if not self.count:
                return ""
            if more or any(reader.status().get("state") in LIVE for reader in readers):
                return tr("The same numbers, to the bit, in all {count:,} steps so far.", count=self.count)
            return tr("The same numbers, to the bit, in all {count:,} steps they have in common.", count=self.count)
        finally:
            for reader in readers:
                reader.close()


def _reason(first: RunReader, second: RunReader, step: int) -> str:
    then, now = ({k: v for k, v in reader.status().items() if k in CIRCUMSTANCES} for reader in (first, second))
    changed = differing(then, now)
    if changed:
        return tr("What was not the same: {changes}.", changes=changed)
    marks = [
        mark.text for reader in (first, second) for mark in reader.marks() if mark.kind in BY_HAND and mark.step <= step
    ]
    if marks:
        return tr("It was steered by hand: {mark}.", mark=marks[0])
    if then.get("device_type", "cpu") != "cpu":
        return tr("Nothing that is known of differs: kernels of a GPU add in any order unless deterministic is on.")
    return tr("Nothing that is known of differs: look for code of your own that draws random numbers by itself.")
