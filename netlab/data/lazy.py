"""Columns that are read row by row when they are asked for, because all rows together would not fit in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

IN_MEMORY = 1 << 30  # bytes of a column up to which it is read whole


class Column(ABC):
    """Rows that look like an array's, first axis the sample.

    Attributes:
        shape, dtype: as of the whole array.
        digest: hex digits that differ when the rows differ.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    digest: str

    @abstractmethod
    def fetch(self, rows: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
        """Rows by number, and what is wrong with those that cannot be read, by place in `rows`; they hold zeros."""

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Rows by number, slice or array of numbers."""
        numbers = np.arange(len(self))[rows]
        found = self.fetch(np.atleast_1d(numbers))[0]
        return found[0] if np.ndim(numbers) == 0 else found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All rows at once, for those who want an array; they need the memory for it."""
        return self[:].astype(dtype or self.dtype, copy=False)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return int(np.prod(self.shape)) * self.dtype.itemsize


def whole(column: Column) -> np.ndarray | Column:
    """The column as an array if it is small enough, itself otherwise."""
    return column[:] if column.nbytes <= IN_MEMORY else column
