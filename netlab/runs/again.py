"""Whether two runs of the same project gave the same numbers, and if not, what may be the reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netlab.language import listing, mark, sentences, tr
from netlab.runs.reader import LIVE, RunReader

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
    """A sentence on the losses of two runs of the same project, step by step, and on why they differ."""
    readers = RunReader(first), RunReader(second)
    try:
        (steps, losses), (other_steps, others) = (reader.metrics(LOSS) for reader in readers)
        count = min(len(steps), len(other_steps))
        if not count:
            return ""
        unequal = (steps[:count] != other_steps[:count]) | ~np.isclose(losses[:count], others[:count], 0, 0, True)
        if not unequal.any():
            if any(reader.status().get("state") in LIVE for reader in readers):
                return tr("The same numbers, to the bit, in all {count:,} steps so far.", count=count)
            return tr("The same numbers, to the bit, in all {count:,} steps they have in common.", count=count)
        at = int(unequal.argmax())
        told = tr(
            "The losses differ from step {step:,} on: {loss:.6g} and {other:.6g}.",
            step=steps[at],
            loss=losses[at],
            other=others[at],
        )
        return sentences(told, _reason(*readers, int(steps[at])))
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
