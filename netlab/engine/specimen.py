"""What the probes look at: one row, and the plane around the points. It stays the same for the whole run."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch

from netlab.data.dataset import Dataset
from netlab.engine.loader import Batch, Loader

GRID = 64
SHOWN_POINTS = 600


class Specimen:
    """The first row for validation; whatever is known of it is found out once.

    Args:
        inputs: the fields that the model reads.
    """

    def __init__(self, loader: Loader, dataset: Dataset, inputs: tuple[str, ...]) -> None:
        self._loader, self._dataset, self._inputs = loader, dataset, inputs
        self._tokens: dict[int, list[str]] = {}

    @cached_property
    def _row(self) -> Batch:
        return self._loader.sample()

    @property
    def batch(self) -> Batch:
        """The row, as a batch of one: a copy, for a model may write into what it is given."""
        return {name: values.clone() for name, values in self._row.items()}

    def tokens(self, length: int) -> list[str]:
        """The tokens of the row, or positions from 1 where there is no text of that length."""
        if length not in self._tokens:
            self._tokens[length] = self._named(length)
        return self._tokens[length]

    def _named(self, length: int) -> list[str]:
        words = self._dataset.tokenizer
        names = [f.name for f in self._dataset.fields if f.kind == "tokens" and f.name in self._inputs]
        for name in names if words is not None else ():
            ids = self._row[name][0].tolist()
            if len(ids) == length and words is not None:
                return [words.token(i) for i in ids]
        return [str(i + 1) for i in range(length)]

    @cached_property
    def caption(self) -> str:
        """The label of the row, "" if it has none."""
        labels = [f for f in self._dataset.fields if f.kind == "label" and f.name in self._loader.columns]
        if not labels:
            return ""
        index = int(self._row[labels[0].name][0])
        return labels[0].names[index] if index < len(labels[0].names) else str(index)

    @cached_property
    def plane(self) -> Plane | None:
        """The plane of the points, if they are all that the model reads."""
        points = [f.name for f in self._dataset.fields if f.kind == "points"]
        if self._inputs != tuple(points) or len(points) != 1:
            return None
        label = next((f.name for f in self._dataset.fields if f.kind == "label"), "")
        return Plane(self._loader, points[0], label)


class Plane:
    """A grid over all points, and some of them.

    Attributes:
        grid: (GRID · GRID, 2), row by row from bottom to top.
        extent: left, right, bottom, top.
        points, labels: (n, 2) and (n,), of at most SHOWN_POINTS rows for training.
    """

    def __init__(self, loader: Loader, points: str, label: str) -> None:
        xy = loader.columns[points]
        low, high = xy.amin(0) - 0.15, xy.amax(0) + 0.15
        axes = [torch.linspace(float(a), float(b), GRID, device=xy.device) for a, b in zip(low, high, strict=True)]
        self.grid = torch.cartesian_prod(axes[1], axes[0]).flip(1)
        self.extent = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
        rows = loader.splits["train"][:SHOWN_POINTS]
        self.points = plain(xy[rows])
        self.labels = plain(loader.columns[label][rows] if label in loader.columns else torch.zeros(len(rows)))


def plain(tensor: torch.Tensor) -> np.ndarray:
    """The numbers of a tensor, out of reach of autograd and of the device."""
    return tensor.detach().cpu().numpy()
