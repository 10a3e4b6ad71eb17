"""A curve of any length, folded so that a plot draws a few thousand points of it and yet shows every spike."""

from __future__ import annotations

import numpy as np

FINEST = 16  # points in a bucket of the lowest level that is kept; each level above has twice as many
SHOWN = 1024  # buckets drawn in sight, of two points each: about as many as a plot has columns
LOW, HIGH, MEAN = range(3)


class Curve:
    """A growing pair of arrays, with the lowest, highest and mean value of longer and longer stretches beside it.

    Appending is cheap, because the room doubles and each level of the pyramid takes in only what is new; levels are
    made when they are first asked for. A value that is not finite is a gap.
    """

    def __init__(self, steps: np.ndarray | None = None, values: np.ndarray | None = None) -> None:
        self._steps = np.empty(1024, np.float64)
        self._values = np.empty(1024, np.float64)
        self.size = 0
        self._levels: list[_Level] = []
        if steps is not None and values is not None:
            self.append(steps, values)

    def append(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Add points at the end; steps never fall."""
        needed = self.size + len(steps)
        if needed > len(self._steps):
            room = max(needed, 2 * len(self._steps))
            self._steps = np.resize(self._steps, room)
            self._values = np.resize(self._values, room)
        self._steps[self.size : needed] = steps
        self._values[self.size : needed] = values
        self.size = needed

    def forget_after(self, step: int) -> None:
        """Drop the points behind a step."""
        self.size = int(np.searchsorted(self.steps, step, side="right"))
        for level in self._levels:
            level.size = min(level.size, self.size // level.width)

    @property
    def steps(self) -> np.ndarray:
        return self._steps[: self.size]

    @property
    def values(self) -> np.ndarray:
        return self._values[: self.size]

    def folded(self, within: tuple[float, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The points to draw while the steps `within` are in sight, or all: lowest and highest of each bucket.

        What is out of sight becomes two points at each end, so that a plot still knows how far the curve reaches.
        """
        first, last = 0, self.size
        if within is not None:
            first = max(int(np.searchsorted(self.steps, within[0])) - 1, 0)
            last = min(int(np.searchsorted(self.steps, within[1], side="right")) + 1, self.size)
        if last - first <= 2 * SHOWN:
            x, y = self.steps[first:last], _finite(self.values[first:last])
        else:
            width = _width(last - first)
            first -= first % width
            last = min(last + -last % width, self.size)
            x, y = self._buckets(width, first, last)
        if first == 0 and last == self.size:
            return x, y
        _, every = self._buckets(_width(self.size), 0, self.size)
        bounds = [np.fmin.reduce(every), np.fmax.reduce(every)]
        before, after = bounds if first > 0 else [], bounds if last < self.size else []
        x = np.concatenate([[self.steps[0]] * len(before), x, [self.steps[-1]] * len(after)])
        return x, np.concatenate([before, y, after])

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """All points if they are few; otherwise means of equal stretches, each at its last step, and the last point."""
        if self.size <= SHOWN:
            return self.steps, _finite(self.values)
        width = _width(self.size)
        whole = self.size // width
        x = self.steps[width - 1 : whole * width : width]
        return np.append(x, self.steps[-1]), np.append(self._rows(width, 0, whole)[MEAN], _finite(self.values[-1:]))

    def _buckets(self, width: int, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """The points from `first`, where a bucket begins, up to `last`, as a low and a high one for each bucket."""
        starts = np.arange(first, last, width)
        ends = np.append(starts[1:], last) - 1
        rows = self._rows(width, first // width, last // width)
        if last % width:  # the last bucket is not full yet
            tail = _finite(self.values[starts[-1] : last])
            rows = np.append(rows, _folded(tail[:, None]), axis=1)
        return self.steps[np.stack([starts, ends], 1)].ravel(), rows[:MEAN].T.ravel()

    def _rows(self, width: int, first: int, last: int) -> np.ndarray:
        """Lowest, highest and mean of some full buckets; of narrow ones, they are not kept but made each time."""
        if width < FINEST:
            return _folded(_finite(self.values[first * width : last * width]).reshape(-1, width).T)
        for i in range((width // FINEST).bit_length()):
            if i == len(self._levels):
                self._levels.append(_Level(FINEST << i))
            level = self._levels[i]
            known, size = level.size, self.size // level.width
            if size > known and i == 0:
                new = _finite(self.values[known * FINEST : size * FINEST])
                level.append(_folded(new.reshape(-1, FINEST).T))
            elif size > known:
                below = self._levels[i - 1].rows[:, 2 * known : 2 * size].reshape(3, -1, 2)
                level.append(_folded(*np.moveaxis(below, 2, 1)))
        return self._levels[(width // FINEST).bit_length() - 1].rows[:, first:last]


def _width(points: int) -> int:
    """How many points a bucket must hold for so many to be shown: a power of two."""
    return 1 << max(0, (points - 1) // SHOWN).bit_length()


class _Level:
    """Buckets of `width` points: one row each for their lowest, highest and mean value, as far as `size`."""

    def __init__(self, width: int) -> None:
        self.width, self.size = width, 0
        self.rows = np.empty((3, 64))

    def append(self, buckets: np.ndarray) -> None:
        """Add buckets at the end."""
        needed = self.size + buckets.shape[1]
        if needed > self.rows.shape[1]:
            rows = np.empty((3, max(needed, 2 * self.rows.shape[1])))
            rows[:, : self.size] = self.rows[:, : self.size]
            self.rows = rows
        self.rows[:, self.size : needed] = buckets
        self.size = needed


def _folded(low: np.ndarray, high: np.ndarray | None = None, mean: np.ndarray | None = None) -> np.ndarray:
    """Lowest, highest and mean of each column, without the gaps; a column of gaps stays one."""
    high, mean = (low if high is None else high), (low if mean is None else mean)
    gaps = np.isnan(mean)
    counted = np.maximum((~gaps).sum(0), 1)
    means = np.where(gaps.all(0), np.nan, np.where(gaps, 0.0, mean).sum(0) / counted)
    return np.stack([np.fmin.reduce(low), np.fmax.reduce(high), means])


def _finite(values: np.ndarray) -> np.ndarray:
    """The same values with a gap where one is not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def smooth(values: np.ndarray, amount: float) -> np.ndarray:
    """Exponential moving average with the bias of its start taken out; `amount` from 0 (none) to 1. Gaps are bridged."""
    if amount <= 0 or len(values) < 3:
        return values
    keep = 1 - 1 / (1 + amount * max(1.0, len(values) / 12))
    total, weight = np.nan_to_num(values), (~np.isnan(values)).astype(float)
    reach = 1
    while reach < len(values) and keep**reach > 1e-4:  # each round doubles how far an average looks back
        total[reach:] += keep**reach * total[:-reach].copy()
        weight[reach:] += keep**reach * weight[:-reach].copy()
        reach *= 2
    return total / np.where(weight > 0, weight, np.nan)
