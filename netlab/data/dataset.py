"""What a data set is: fields, columns of rows, and splits; and how a source declares one."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar

import numpy as np

from netlab.catalogue import discover, find, key_of
from netlab.data import splitting
from netlab.data.draws import Draw
from netlab.data.field import DataError as DataError
from netlab.data.field import Field as Field
from netlab.data.findings import Finding, Progress, silent
from netlab.data.fitted import Fitted
from netlab.data.lazy import Column
from netlab.data.splitting import SPLITS as SPLITS
from netlab.language import sentences, tr
from netlab.options import Float, Int, Options


@dataclass(frozen=True)
class Dataset(Fitted):
    """A loaded data set.

    Attributes:
        columns: rows by field name, first axis the sample; float32 or int64. An array, or a `netlab.data.lazy.Column`
            where all rows together would not fit in memory; both are indexed by arrays of rows.
        splits: row indices of ``train``, ``val`` and ``test``; disjoint, and together all rows.
        findings: what is wrong with the data, and which rows were left out over it.
        draws: what is drawn anew for the training rows in each epoch.
    """

    columns: Mapping[str, Any]
    splits: Mapping[str, np.ndarray]
    findings: tuple[Finding, ...] = ()
    draws: tuple[Draw, ...] = ()


class Source(Options):
    """Base of all data sources.

    Class attributes:
        title, about: for people.
        task: key of `netlab.data.task.TASKS`; an instance may have another one than its class, by its options.
        licence, origin: where the data comes from and on what terms.
        samples: how many rows there are, None if that depends on the options.
        of_file: whether a file of the user's has to be chosen first.
        suffixes: of the files it reads, e.g. ``(".csv", ".tsv")``; () if it reads none, or folders.
    """

    title: ClassVar[str] = ""
    about: ClassVar[str] = ""
    task: str = "classification"
    licence: ClassVar[str] = ""
    origin: ClassVar[str] = ""
    samples: ClassVar[int | None] = None
    size: ClassVar[int] = 0
    of_file: ClassVar[bool] = False
    suffixes: ClassVar[tuple[str, ...]] = ()

    validation = Float(0.15, min=0.0, max=0.9, help="Share of the rows kept for validation while training.")
    test = Float(0.15, min=0.0, max=0.9, help="Share of the rows kept for the final test.")
    split_seed = Int(0, min=0, max=2**31 - 1, help="Fixes which rows fall into which part.")

    @abstractmethod
    def fields(self) -> tuple[Field, ...]:
        """The fields, without loading the rows."""

    @abstractmethod
    def load(self, progress: Progress = silent) -> Dataset:
        """Read, split and normalise.

        Raises:
            DataError: that cannot be done, in words.
            Cancelled: the progress callback raised it.
        """

    def row_count(self) -> int | None:
        """How many rows there are, without loading them; None if that is not known."""
        return self.samples

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """What `netlab datasets --json` says of it."""
        return {
            "key": key_of(cls),
            "title": cls.title,
            "task": cls.task,
            "samples": cls.samples,
            "bytes": 0 if cls.of_file else cls.size,
            "reads": list(cls.suffixes),
            "fields": [{"name": f.name, "shape": f.shape, "dtype": f.dtype, "kind": f.kind} for f in cls._offered()],
            "licence": cls.licence,
            "origin": cls.origin,
            "about": cls.about,
        }

    @classmethod
    def _offered(cls) -> tuple[Field, ...]:
        """The fields with the default options; none where a file has to be chosen first."""
        return () if cls.of_file else cls().fields()

    def shuffled_splits(self, rows: int) -> dict[str, np.ndarray]:
        """Disjoint random parts of `rows` rows, a function of the seed alone."""
        return self.cut(np.random.Generator(np.random.Philox(self.split_seed)).permutation(rows))

    def cut(self, order: np.ndarray) -> dict[str, np.ndarray]:
        """Cut an order of rows into training, validation and test, in that order."""
        try:
            return splitting.in_order(order, self.validation, self.test)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error


def normalise(x: np.ndarray, train: np.ndarray, per_column: bool = True) -> tuple[np.ndarray, tuple[Any, Any]]:
    """Mean 0 and standard deviation 1 on the training rows; the same shift and scale for all others."""
    if x.dtype == np.uint8 and not per_column:
        return _normalised_bytes(x, x[train])
    seen = x[train].astype(np.float64)
    axis = 0 if per_column else None
    mean, std = seen.mean(axis=axis), seen.std(axis=axis)
    std = np.where(std == 0, 1.0, std)
    return ((x - mean) / std).astype(np.float32), (np.asarray(mean).tolist(), np.asarray(std).tolist())


def _normalised_bytes(x: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """The same for bytes, of which there are only 256: each is counted, and looked up in a table."""
    values = np.arange(256)
    counts = sum(np.bincount(part.ravel(), minlength=256) for part in np.array_split(seen, -(-seen.size >> 20) or 1))
    mean = float(counts @ values) / seen.size
    std = float(np.sqrt(counts @ (values - mean) ** 2 / seen.size)) or 1.0
    return ((values - mean) / std).astype(np.float32)[x], (mean, std)


def catalogue() -> dict[str, type[Source]]:
    """All data sources by key."""
    return discover("netlab.data.sources", Source)


def find_source(key: str) -> type[Source] | None:
    """The data source with this key, without importing the others if it can be."""
    return find("netlab.data.sources", Source, key)


def source_of(key: str, options: Mapping[str, Any]) -> Source:
    """The source of a project's data choice.

    Raises:
        DataError: there is no such source.
        OptionError: an option it does not have, or a value outside its limits.
    """
    found = find_source(key)
    if found is None:
        known = catalogue()
        near = get_close_matches(key, known, 1)
        hint = tr("Did you mean {name}?", name=near[0]) if near else tr("There are: {names}.", names=", ".join(known))
        raise DataError(sentences(tr("There is no data set {key!r}.", key=key), hint))
    return found(**options)


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 over all rows and splits, so that a run can say which data it saw."""
    digest = hashlib.sha256()
    for part in (dataset.columns, dataset.splits):
        for name in sorted(part):
            column = part[name]
            if isinstance(column, Column):
                digest.update(f"{name} {column.shape} {column.digest}".encode())
                continue
            array = np.ascontiguousarray(column)
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(array.data)
    return digest.hexdigest()
