"""What the series that NetLab carries have in common."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.findings import Ledger, Progress, silent
from netlab.data.resources import FOLDER
from netlab.data.series import SeriesSource
from netlab.language import tr


class _ResourceSeries(SeriesSource):
    """A CSV with a date and a value in each line; an empty value is a gap."""

    file: ClassVar[str] = ""
    column: ClassVar[str] = ""

    def fields(self) -> tuple[Field, ...]:
        return self.series_fields((self.column,))

    def row_count(self) -> int | None:
        return self.windows_of(self.samples)

    def load(self, progress: Progress = silent) -> Dataset:
        try:
            values = np.genfromtxt(FOLDER / self.file, delimiter=",", skip_header=1, usecols=[1]).ravel()
        except (OSError, ValueError) as error:
            raise DataError(
                tr("{file} cannot be read ({error}). Install NetLab again.", file=self.file, error=error)
            ) from error
        return self.windowed(values[:, None], (self.column,), 0, Ledger())
