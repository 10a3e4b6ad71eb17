"""A field: one column of data as a model sees it; and the error of data that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass


class DataError(ValueError):
    """Data that cannot be used, as a sentence with the remedy."""


@dataclass(frozen=True)
class Field:
    """One column as the model sees it.

    Attributes:
        name: what Input nodes call it.
        shape: of one sample, without the batch axis: ``"C=1 H=28 W=28"``, ``"T=64"``, ``"d=4"``, ``""`` a scalar.
        dtype: ``"float"`` or ``"int"``.
        kind: image, tokens, segments, features, points, series, label, labels or target.
        classes: how many classes, or the size of the vocabulary.
        names: names of the classes or features, where there are any.
    """

    name: str
    shape: str
    dtype: str = "float"
    kind: str = "features"
    classes: int | None = None
    names: tuple[str, ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape as numbers."""
        return tuple(int(word.rpartition("=")[2]) for word in self.shape.split())
