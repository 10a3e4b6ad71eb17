"""What training fitted to data: scales, categories, vocabulary. With it a model can be asked without the data."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from netlab.data.field import DataError, Field
from netlab.data.tokenizer import Tokenizer
from netlab.language import sentences, tr

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-")  # texts for what is not there
SHOWN_CLASSES = 12


class Encoded(msgspec.Struct, frozen=True):
    """How a column of a table becomes numbers: a number stays one, a category becomes one for each class (one-hot).

    Attributes:
        classes: the categories; () for a number.
        unseen: those that no training row has; they are zeros, like categories nobody has heard of.
        missing: the number that stands for a missing one, in units of the column.
    """

    name: str
    classes: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    missing: float = 0.0

    @property
    def width(self) -> int:
        """How many numbers the model sees of it."""
        return len(self.classes) or 1

    def numbers(self, cell: str) -> list[float]:
        """What one cell becomes, before scaling. DataError in words if it is neither a number nor a category here."""
        if self.classes:
            if cell not in (*self.classes, *MISSING):
                more = ", …" if len(self.classes) > SHOWN_CLASSES else ""
                raise DataError(
                    tr(
                        "{name!r} has no {cell!r}; it has: {known}.",
                        name=self.name,
                        cell=cell,
                        known=", ".join(self.classes[:SHOWN_CLASSES]) + more,
                    )
                )
            return [float(name == cell and name not in self.unseen) for name in self.classes]
        if cell in MISSING:
            return [self.missing]
        try:
            return [float(cell)]
        except ValueError:
            raise DataError(tr("{cell!r} is no number, which {name!r} holds.", cell=cell, name=self.name)) from None


@dataclass(frozen=True)
class Fitted:
    """What is known of data beside its rows.

    Attributes:
        tokenizer: for text; ids and words.
        normalisation: mean and standard deviation by field, from the training rows only.
        encoding: the columns of a table that a field was made of, in order, by field.
        white: the value of the brightest pixel before normalisation, by field; 255 where it is not said.
    """

    fields: tuple[Field, ...]
    tokenizer: Tokenizer | None = field(default=None, kw_only=True)
    normalisation: Mapping[str, tuple[Any, Any]] = field(default_factory=dict, kw_only=True)
    encoding: Mapping[str, tuple[Encoded, ...]] = field(default_factory=dict, kw_only=True)
    white: Mapping[str, float] = field(default_factory=dict, kw_only=True)

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        return {f.name: f for f in self.fields}[name]

    def row(self, name: str, text: str) -> np.ndarray:
        """A field of numbers for one row that is written as text, as the model sees it: float32 of the field's shape.

        The text holds the values of the field, or of the columns it was made of, in their own units, with commas or
        semicolons between; an empty one is missing.

        Raises:
            DataError: another number of values, or one that is neither a number nor a category of its column.
        """
        sizes = self.field(name).sizes
        columns = self.encoding.get(name) or _numbers(self.field(name))
        try:
            cells = next(csv.reader([text], delimiter=";" if ";" in text else ",", skipinitialspace=True), [])
        except csv.Error as error:
            raise DataError(
                tr("The values cannot be told apart ({error}). Write them in one line.", error=error)
            ) from error
        cells = [cell.strip() for cell in cells]
        if len(cells) == sum(c.width for c in columns) > len(columns):  # one-hot already
            columns = tuple(Encoded(n) for c in columns for n in (c.classes or (c.name,)))
        if len(cells) != len(columns):
            raise DataError(
                sentences(
                    tr(
                        "{name} has {count} numbers, but {given} were given.",
                        name=name,
                        count=len(columns),
                        given=len(cells),
                    ),
                    _asked(columns),
                )
            )
        values = np.array([x for c, cell in zip(columns, cells, strict=True) for x in c.numbers(cell)], np.float64)
        return self.scaled(name, values.reshape(sizes))

    def pixels(self, name: str, image: np.ndarray) -> np.ndarray:
        """An image, uint8 (C, H, W) of the field's size, as the model sees it: float32."""
        return self.scaled(name, image / 255.0 * self.white.get(name, 255.0))

    def scaled(self, name: str, values: np.ndarray) -> np.ndarray:
        """Values of one row in their own units, as the model sees them: float32."""
        if name in self.normalisation:
            mean, std = (np.asarray(part) for part in self.normalisation[name])
            if values.ndim == 3 and mean.ndim == 1:  # of each channel
                mean, std = mean[:, None, None], std[:, None, None]
            values = (values - mean) / std
        return values.astype(np.float32)

    def agrees(self, other: Fitted) -> bool:
        """Whether rows reach a model in the same form by both; scales may differ by rounding on another machine."""
        unseen, others = ([[c.unseen for c in e] for e in f.encoding.values()] for f in (self, other))
        if (self.fields, self.tokenizer, unseen) != (other.fields, other.tokenizer, others):
            return False
        return self.normalisation.keys() == other.normalisation.keys() and all(
            np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-4, atol=1e-9)
            for name, scale in self.normalisation.items()
            for a, b in zip(scale, other.normalisation[name], strict=True)
        )

    def to_json(self) -> bytes:
        """All but the tokenizer, which has a file of its own, as JSON text."""
        return msgspec.json.encode(_Told(self.fields, dict(self.normalisation), dict(self.encoding), dict(self.white)))

    @classmethod
    def from_json(cls, text: bytes, tokenizer: Tokenizer | None) -> Fitted:
        """Read what `to_json` wrote. DataError if it is something else."""
        try:
            told = msgspec.json.decode(text, type=_Told)
        except msgspec.DecodeError as error:
            raise DataError(
                tr("What the run says of its data makes no sense ({error}). Train it again.", error=error)
            ) from error
        known = {"normalisation": told.normalisation, "encoding": told.encoding, "white": told.white}
        return cls(told.fields, tokenizer=tokenizer, **known)


class _Told(msgspec.Struct):
    fields: tuple[Field, ...]
    normalisation: dict[str, tuple[Any, Any]]
    encoding: dict[str, tuple[Encoded, ...]] = {}
    white: dict[str, float] = {}


def _numbers(field: Field) -> tuple[Encoded, ...]:
    """The columns of a field that holds numbers as they are."""
    count = int(np.prod(field.sizes))
    named = field.names if len(field.names) == count else (tr("number {place}", place=i + 1) for i in range(count))
    return tuple(map(Encoded, named))


def _asked(columns: Sequence[Encoded]) -> str:
    """The columns by name, where they have names that were given by people."""
    named = ", ".join(column.name for column in columns[:SHOWN_CLASSES])
    if len(columns) > SHOWN_CLASSES:
        named += ", …"
    return tr("Give {names}.", names=named) if any(c.classes for c in columns) else ""
