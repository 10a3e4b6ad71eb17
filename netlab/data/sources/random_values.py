"""Random values: rows of any shape without meaning, for models whose own data is not at hand."""

from __future__ import annotations

import re

import numpy as np

from netlab.data.dataset import DataError, Dataset, Field, Source
from netlab.data.findings import Progress, silent
from netlab.language import tr
from netlab.options import Int, Text

FORM = re.compile(r"\s*(\w+)\s*:([\d\s]*)(?:<\s*(\d+))?\s*")


class RandomValues(Source):
    """Random numbers and indices of the shapes you say; an imported model whose data is elsewhere begins with them."""

    title = "Random values"
    about = "No meaning in them: they give a model inputs of the right shapes until its own data is chosen."
    licence = "MIT"
    origin = "made by NetLab from a generator of random numbers"
    inputs = Text(
        "features: 8; label: < 2",
        max_length=2000,
        help="Fields, as name: sizes of a sample. A < and a number behind means indices below it: tokens: 64 < 1000.",
    )
    rows = Int(256, min=20, max=100_000, unit="rows", help="How many rows.")
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes the values.")

    def fields(self) -> tuple[Field, ...]:
        found = [_field(part) for part in self.inputs.split(";") if part.strip()]
        if not found:
            raise DataError(tr("No field is named. Write at least one, such as x: 8."))
        if len({f.name for f in found}) < len(found):
            raise DataError(tr("Two fields have the same name. Give each its own."))
        return tuple(found)

    def load(self, progress: Progress = silent) -> Dataset:
        random = np.random.Generator(np.random.Philox(self.seed))
        columns: dict[str, np.ndarray] = {}
        for field in self.fields():
            shape = (self.rows, *field.sizes)
            if np.prod(shape, dtype=object) > 1 << 28:
                raise DataError(tr("{name} would have more than 2^28 numbers. Ask for fewer rows.", name=field.name))
            if field.classes:
                columns[field.name] = random.integers(0, field.classes, shape)
            else:
                columns[field.name] = random.standard_normal(shape, np.float32)
        return Dataset(self.fields(), columns, self.shuffled_splits(self.rows))


def _field(text: str) -> Field:
    match = FORM.fullmatch(text)
    if match is None:
        raise DataError(
            tr(
                "{text!r} names no field. Write name: sizes, such as image: 3 32 32 or tokens: 64 < 1000.",
                text=text.strip(),
            )
        )
    name, sizes, classes = match.groups()
    numbers = [int(word) for word in sizes.split()]
    if any(size < 1 for size in numbers) or (classes and int(classes) < 1):
        raise DataError(tr("{name} has a size below 1. Write sizes of at least 1.", name=name))
    shape = " ".join(map(str, numbers))
    if len(numbers) == 3 and not classes:
        shape = " ".join(f"{axis}={size}" for axis, size in zip("CHW", numbers, strict=True))
    if classes is None:
        kind = "target" if name.startswith("target") else "image" if len(numbers) == 3 else "features"
        return Field(name, shape, "float", kind)
    return Field(name, shape, "int", "tokens" if numbers else "label", int(classes))


def described(fields: list[Field]) -> str:
    """The text that stands for these fields."""
    parts = []
    for field in fields:
        below = f" < {field.classes or 2}" if field.dtype == "int" else ""
        parts.append(f"{field.name}: {' '.join(map(str, field.sizes))}{below}".rstrip())
    return "; ".join(parts)
