"""A series as curves to look at: its parts in their order, and where one window and its horizon lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netlab.data.dataset import Dataset
from netlab.data.splitting import SPLITS

MOST_CURVES = 6
MOST_POINTS = 20_000


@dataclass(frozen=True)
class Curve:
    """One column of a series in one part.

    Attributes:
        name, part: the column, and ``train``, ``val`` or ``test``.
        x: steps from the beginning, float64 (n,).
        y: values in the units of the file, float64 (n,).
    """

    name: str
    part: str
    x: np.ndarray
    y: np.ndarray


def curves(dataset: Dataset, stride: int) -> tuple[Curve, ...]:
    """The series that the windows were cut from, put together again; long ones are thinned."""
    field, found, start = dataset.field("past"), [], 0
    mean, std = (np.asarray(part, np.float64) for part in dataset.normalisation["past"])
    for part in SPLITS:
        rows = dataset.splits[part]
        if not len(rows):
            continue
        past = np.asarray(dataset.columns["past"][rows], np.float64)
        values = np.concatenate([past[:-1, :stride].reshape(-1, past.shape[2]), past[-1]]) * std + mean
        thin = max(1, len(values) // MOST_POINTS)
        x = np.arange(start, start + len(values), dtype=np.float64)[::thin]
        found += [Curve(name, part, x, values[::thin, i]) for i, name in enumerate(field.names[:MOST_CURVES])]
        start += len(values) + dataset.columns["future"].shape[1]
    return tuple(found)


def marked(dataset: Dataset, stride: int) -> tuple[float, float, float] | None:
    """Where the window in the middle of the training part begins, where it ends, and where its horizon ends."""
    rows = len(dataset.splits["train"])
    if not rows:
        return None
    start = float(rows // 2 * stride)
    end = start + dataset.field("past").sizes[0]
    return start, end, end + dataset.columns["future"].shape[1]
