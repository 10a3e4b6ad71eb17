"""What the small tables of scikit-learn have in common."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netlab.data.dataset import Dataset, Field, Source, normalise
from netlab.data.findings import Progress, silent

LICENCE = "BSD-3-Clause (scikit-learn); UCI Machine Learning Repository"


class _Table(Source):
    """A table of numbers with one target, as scikit-learn ships it."""

    licence = LICENCE
    loader: ClassVar[str] = ""
    columns: ClassVar[tuple[str, ...]] = ()
    classes: ClassVar[tuple[str, ...]] = ()

    def fields(self) -> tuple[Field, ...]:
        features = Field("features", f"d={len(self.columns)}", names=self.columns)
        if self.task == "regression":
            return features, Field("target", "d=1", kind="target")
        return features, Field("label", "", "int", "label", len(self.classes), self.classes)

    def load(self, progress: Progress = silent) -> Dataset:
        import sklearn.datasets  # takes a second, so only when rows are needed

        options: dict[str, Any] = {"scaled": False} if self.loader == "load_diabetes" else {}
        x, y = getattr(sklearn.datasets, self.loader)(return_X_y=True, **options)
        splits = self.shuffled_splits(len(x))
        features, scale = normalise(x, splits["train"])
        columns = {"features": features}
        scales: dict[str, tuple[Any, Any]] = {"features": scale}
        if self.task == "regression":
            columns["target"], scales["target"] = normalise(y[:, None], splits["train"])
        else:
            columns["label"] = y.astype(np.int64)
        return Dataset(self.fields(), columns, splits, normalisation=scales)
