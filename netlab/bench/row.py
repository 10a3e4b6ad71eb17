"""One measurement, and the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        value: the figure, in `unit`.
        against: what it is compared with, ``""`` where the target is a plain figure.
        ratio: value over the peer's value, or value over the target.
        target: what `ratio` (with a peer) or `value` (without) has to reach.
    """

    bench: str
    case: str
    value: float
    unit: str
    against: str
    ratio: float
    target: float
    ok: bool


def best(action: Callable[[], object], repeats: int = 5) -> float:
    """Median time of a call in milliseconds, after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def within(bench: str, case: str, value: float, unit: str, limit: float) -> Row:
    """A row for a figure that has to stay below a limit."""
    return Row(bench, case, value, unit, "", value / limit, limit, value <= limit)
