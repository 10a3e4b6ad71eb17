"""Windows over a series: what was, and what comes next."""

from __future__ import annotations

import numpy as np

from netlab.data import splitting
from netlab.data.dataset import DataError, Dataset, Field, Source
from netlab.data.findings import NOTE, Ledger
from netlab.language import tr
from netlab.options import Int

LARGEST = 500_000_000  # numbers in all windows


class SeriesSource(Source):
    """Base of the sources that foretell a series.

    A row is a window of `window` steps (``past``) and the `horizon` values of the target behind it (``future``). The
    parts are cut from the series in order of time, and no window reaches from one into another.
    """

    task = "forecasting"
    window = Int(24, min=1, max=100_000, unit="steps", help="How many steps the model sees.")
    horizon = Int(1, min=1, max=10_000, unit="steps", help="How many steps it foretells.")
    stride = Int(1, min=1, max=10_000, unit="steps", help="Steps from the beginning of one window to the next.")

    def windows_of(self, steps: int | None) -> int | None:
        """How many windows a series of so many steps has, about; None if the steps are not known."""
        return None if steps is None else max(0, (steps - 3 * (self.window + self.horizon)) // self.stride)

    def series_fields(self, names: tuple[str, ...]) -> tuple[Field, ...]:
        """The fields for a series of these columns."""
        past = Field("past", f"T={self.window} d={len(names)}", kind="series", names=names)
        return past, Field("future", f"d={self.horizon}", kind="target")

    def windowed(self, values: np.ndarray, names: tuple[str, ...], target: int, ledger: Ledger) -> Dataset:
        """Windows over values (steps, columns) in order of time; gaps (NaN) are filled along a line.

        Raises:
            DataError: the series is shorter than a window in the training part, or the windows take too much memory.
        """
        values = _filled(values.astype(np.float64), names, ledger)
        try:
            steps = splitting.in_order(np.arange(len(values)), self.validation, self.test)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        train = values[steps["train"]]
        mean, std = train.mean(0), train.std(0)
        std = np.where(std == 0, 1.0, std)
        scaled = ((values - mean) / std).astype(np.float32)
        past, future, splits, start = [], [], {}, 0
        for name in splitting.SPLITS:
            made = self._windows(scaled[steps[name]], target)
            past.append(made[0])
            future.append(made[1])
            splits[name] = np.arange(start, start + len(made[0]), dtype=np.int64)
            start += len(made[0])
        if not len(splits["train"]):
            needed = self.window + self.horizon
            raise DataError(
                tr(
                    "The training part has {count} steps, but a window and its horizon take {needed}. Lower window or "
                    "horizon.",
                    count=len(train),
                    needed=needed,
                )
            )
        if not len(splits["val"]):
            least = self.window + self.horizon
            message = tr(
                "The validation part has {count} steps, fewer than a window and its horizon ({needed}), so nothing will "
                "show over-fitting. Lower window or horizon.",
                count=len(steps["val"]),
                needed=least,
            )
            ledger.say("no_validation", message)
        columns = {"past": np.concatenate(past), "future": np.concatenate(future)}
        scales = {
            "past": (mean.tolist(), std.tolist()),
            "future": ([float(mean[target])] * self.horizon, [float(std[target])] * self.horizon),
        }
        return Dataset(self.series_fields(names), columns, splits, normalisation=scales, findings=ledger.findings())

    def _windows(self, part: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Windows (n, window, columns) and futures (n, horizon) inside one part."""
        count = max(0, (len(part) - self.window - self.horizon) // self.stride + 1)
        if count * (self.window * part.shape[1] + self.horizon) > LARGEST:
            raise DataError(
                tr(
                    "{count:,} windows of {window} steps take too much memory. Raise stride.",
                    count=count,
                    window=self.window,
                )
            )
        starts = np.arange(count)[:, None] * self.stride
        past = part[starts + np.arange(self.window)]
        future = part[starts + self.window + np.arange(self.horizon), target]
        return past.reshape(count, self.window, part.shape[1]), future.reshape(count, self.horizon)


def _filled(values: np.ndarray, names: tuple[str, ...], ledger: Ledger) -> np.ndarray:
    """Gaps filled by the straight line between their neighbours."""
    steps = np.arange(len(values))
    for i, name in enumerate(names):
        gaps = np.isnan(values[:, i])
        if gaps.all():
            raise DataError(tr("{name!r} has no number at all. Choose another column.", name=name))
        if gaps.any():
            values[gaps, i] = np.interp(steps[gaps], steps[~gaps], values[~gaps, i])
            count = int(gaps.sum())
            message = tr(
                "{name!r} has {count:,} gaps in {steps:,} steps; they are filled along a straight line.",
                name=name,
                count=count,
                steps=len(values),
            )
            ledger.say("filled", message, NOTE, name, count)
    return values
