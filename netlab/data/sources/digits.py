"""Digits: handwritten digits of 8 × 8 pixels, as images or as rows read one after the other."""

from __future__ import annotations

import numpy as np

from netlab.data.dataset import Dataset, Field, Source, normalise
from netlab.data.findings import Progress, silent
from netlab.data.sources._tables import LICENCE
from netlab.options import Bool


class Digits(Source):
    """1,797 handwritten digits, 8 × 8 pixels of 17 greys (Alpaydin and Kaynak 1998)."""

    title = "Digits 8×8"
    about = "Which digit is this? 1,797 small scans, as images or read row by row."
    licence = LICENCE
    origin = "Alpaydin and Kaynak 1998, as shipped with scikit-learn"
    samples = 1797
    size = 57_523
    as_rows = Bool(False, help="Give each digit as a sequence of 8 rows with 8 pixels, for recurrent networks.")

    def fields(self) -> tuple[Field, ...]:
        label = Field("label", "", "int", "label", 10, tuple("0123456789"))
        if self.as_rows:
            return Field("rows", "T=8 d=8"), label
        return Field("image", "C=1 H=8 W=8", kind="image"), label

    def load(self, progress: Progress = silent) -> Dataset:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        splits = self.shuffled_splits(len(x))
        pixels, scale = normalise(x, splits["train"], per_column=False)
        name = "rows" if self.as_rows else "image"
        shape = (-1, 8, 8) if self.as_rows else (-1, 1, 8, 8)
        columns = {name: pixels.reshape(shape), "label": y.astype(np.int64)}
        return Dataset(self.fields(), columns, splits, normalisation={name: scale}, white={name: 16.0})
