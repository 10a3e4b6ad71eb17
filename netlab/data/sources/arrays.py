"""Arrays: NumPy files, .npy with one array or .npz with several."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from netlab.data import splitting
from netlab.data.dataset import DataError, Dataset, Field, normalise
from netlab.data.draws import ImageChanges
from netlab.data.files import FileSource, parts
from netlab.data.findings import ERROR, Ledger, Progress, silent
from netlab.data.judging import judge
from netlab.language import mark, tr
from netlab.options import Choice, Text

TARGETS = ("y", "label", "labels", "target", "targets", "classes", "y_train")
INPUTS = ("x", "data", "images", "image", "features", "x_train", "arr_0")
MOST_CLASSES = 10_000
LARGEST = 4 << 30


class ArrayFacts(msgspec.Struct, frozen=True):
    """One array: its name, shape, type, range, and how many numbers in it are not finite."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    low: float = 0.0
    high: float = 0.0
    broken: int = 0


class FileFacts(msgspec.Struct, frozen=True):
    """What a NumPy file holds."""

    sha256: str
    bytes: int
    arrays: tuple[ArrayFacts, ...]

    def array(self, name: str) -> ArrayFacts:
        """The array of that name; DataError in words if there is none."""
        for array in self.arrays:
            if array.name == name:
                return array
        known = ", ".join(array.name for array in self.arrays)
        raise DataError(
            tr("The file has no array {name!r}; it has: {known}. Choose one of them.", name=name, known=known)
        )


class Arrays(ImageChanges, FileSource):
    """Arrays whose first axis is the sample: (n, features), images (n, H, W) or with channels, series (n, T, d).

    Whole numbers as targets are classes from 0 on. Without a target, the task is to give back what went in.
    """

    title = "NumPy arrays"
    about = "A .npy file, or a .npz file with inputs and targets: numbers, images or series."
    suffixes = (".npy", ".npz")
    facts_type = FileFacts
    input = Text("", suggests="columns", help="The array that is read; without one, x, data or images, or the first.")
    target = Text(
        "", suggests="columns", help="The array to foretell; without one, y, label or target, if there is one."
    )
    reads = Choice("auto", ("auto", "features", "image", "series"), help="What a sample of the input is.")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.seen:
            try:
                target = self._target()
            except DataError:  # `fields` and `load` tell what is wrong
                return
            whole = target is not None and np.dtype(target.dtype).kind in "iub" and len(target.shape) == 1
            self.task = "autoencoding" if target is None else "classification" if whole else "regression"

    def examine(self, ledger: Ledger, progress: Progress) -> FileFacts:
        path = self.place
        hashing, reading = parts(progress, 1, 2)
        digest = self.fingerprint(hashing)
        try:
            arrays = [self._fact(name, array, ledger) for name, array in _arrays(path, reading)]
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            reason = str(error)[:150]
            raise DataError(
                tr(
                    "{name} is no NumPy file that can be read ({reason}). Save it by numpy.savez, without Python objects.",
                    name=path.name,
                    reason=reason,
                )
            ) from error
        arrays = [fact for fact in arrays if fact is not None]
        if not any(fact.shape and fact.shape[0] for fact in arrays):
            ledger.say("no_rows", tr("{name} has no array with rows. Choose another file.", name=path.name), ERROR)
        return FileFacts(digest, path.stat().st_size, tuple(arrays))

    def _fact(self, name: str, array: np.ndarray, ledger: Ledger) -> ArrayFacts | None:
        if array.dtype.kind not in "biuf":
            message = tr(
                "Array {name!r} holds {type}, which are no numbers, so it is left out.", name=name, type=array.dtype
            )
            ledger.say("no_numbers", message, column=name)
            return None
        if not array.size or not array.ndim:
            return ArrayFacts(name, array.shape, array.dtype.str)
        finite = np.isfinite(array)
        good = array[finite] if not finite.all() else array
        low, high = (float(good.min()), float(good.max())) if good.size else (0.0, 0.0)
        return ArrayFacts(name, array.shape, array.dtype.str, low, high, int(array.size - np.count_nonzero(finite)))

    def fields(self) -> tuple[Field, ...]:
        field = self._input_field()
        target = self._target()
        if target is None:
            return (field,)
        if self.task == "classification":
            classes = int(target.high) + 1
            if classes > MOST_CLASSES:
                message = tr(
                    "{name!r} holds numbers up to {high:g}, which are too many classes. Save classes as 0, 1, 2 …, or "
                    "numbers to foretell as floats.",
                    name=target.name,
                    high=target.high,
                )
                raise DataError(message)
            return field, Field("label", "", "int", "label", max(classes, 1))
        return field, Field("target", f"d={int(np.prod(target.shape[1:]))}", kind="target")

    def row_count(self) -> int | None:
        return next(iter(self._input().shape), None) if self.seen else None

    def load(self, progress: Progress = silent) -> Dataset:
        fields, ledger = self.fields(), Ledger()
        arrays, target = self._read(ledger, progress), self._target()
        x = arrays[self._input().name]
        x = x.astype(np.float32).reshape(len(x), *fields[0].sizes) if fields[0].kind != "image" else _channels_first(x)
        y = arrays[target.name] if target is not None else None
        if y is not None and len(y) != len(x):
            assert target is not None, "there is a column of targets"
            raise DataError(
                tr(
                    "{input!r} has {rows} rows, but {target!r} {others}.",
                    input=self._input().name,
                    rows=len(x),
                    target=target.name,
                    others=len(y),
                )
            )
        keep = self._good(x, y, ledger)
        x, y = x[keep], y[keep] if y is not None else None
        if not len(x):
            raise DataError(tr("{name} has no good row to train on.", name=self.place.name))
        splits = self._split(y, len(x))
        made, scale = normalise(x, splits["train"], per_column=fields[0].kind == "features")
        columns: dict[str, Any] = {fields[0].name: made}
        scales = {fields[0].name: scale}
        if y is not None and self.task == "classification":
            columns["label"] = y.astype(np.int64)
        elif y is not None:
            columns["target"], scales["target"] = normalise(y.reshape(len(y), -1), splits["train"])
        judge(columns, fields, splits, ledger)
        told: dict[str, Any] = {"normalisation": scales, "findings": ledger.findings()}
        if fields[0].kind == "image":
            told |= {"draws": self.changes("image"), "white": {"image": _white(self._input().high)}}
        return Dataset(fields, columns, splits, **told)

    def _read(self, ledger: Ledger, progress: Progress) -> dict[str, np.ndarray]:
        try:
            ledger.whole += self.changed()
            found = dict(_arrays(self.place, progress))
        except OSError as error:
            raise self.unreadable(error) from error
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                tr("{name} can no longer be read ({error}).", name=self.place.name, error=str(error)[:150])
            ) from error
        for fact in (self._input(), self._target()):
            if fact is not None and (fact.name not in found or found[fact.name].shape[1:] != fact.shape[1:]):
                raise DataError(
                    tr(
                        "Array {name!r} of {file} is not what it was. Choose the file again.",
                        name=fact.name,
                        file=self.place.name,
                    )
                )
        return found

    def _good(self, x: np.ndarray, y: np.ndarray | None, ledger: Ledger) -> np.ndarray:
        """Which rows hold finite numbers and a class in range."""
        finite = _finite(x)
        for row in np.flatnonzero(~finite):
            ledger.bad_row("not_finite", tr("row {row} holds NaN or infinity", row=row), column=self._input().name)
        if y is None:
            return finite
        if self.task == "classification":
            right = (y >= 0) & (y < (self.fields()[1].classes or 0))
            code, wrong = "label_range", mark("row {row} has the target {value}, but classes count from 0")
        else:
            right = _finite(y)
            code, wrong = "not_finite", mark("row {row} has the target {value}, which is not finite")
        for row in np.flatnonzero(finite & ~right):
            ledger.bad_row(code, tr(wrong, row=row, value=str(y[row])[:40]), column="target")
        return finite & right

    def _split(self, y: np.ndarray | None, rows: int) -> splitting.Splits:
        try:
            if y is not None and self.task == "classification":
                return splitting.stratified(y, self.validation, self.test, self.split_seed)
            return splitting.at_random(rows, self.validation, self.test, self.split_seed)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error

    def _input(self) -> ArrayFacts:
        return self._named(self.input, INPUTS, required=True) or self.facts.arrays[0]

    def _target(self) -> ArrayFacts | None:
        return self._named(self.target, TARGETS, required=False)

    def _named(self, chosen: str, usual: tuple[str, ...], required: bool) -> ArrayFacts | None:
        facts: FileFacts = self.facts
        if chosen:
            return facts.array(chosen)
        found = next((a for name in usual for a in facts.arrays if a.name.lower() == name), None)
        if required and found is None and not facts.arrays:
            raise DataError(tr("{name} holds no array of numbers. Choose another file.", name=Path(self.path).name))
        return found

    def _input_field(self) -> Field:
        fact = self._input()
        if len(fact.shape) < 2 and self.reads != "features":
            if not fact.shape:
                raise DataError(tr("Array {name!r} is a single number. Choose one with rows.", name=fact.name))
            return Field("features", "d=1")
        inside = fact.shape[1:]
        kind = self.reads if self.reads != "auto" else _kind(fact)
        if kind == "features":
            return Field("features", f"d={int(np.prod(inside))}")
        if kind == "series" and len(inside) == 2:
            return Field("series", f"T={inside[0]} d={inside[1]}", kind="series")
        if kind == "image" and len(inside) in (2, 3):
            c, h, w = (*inside, 1)[:3]
            if len(inside) == 2 or not _first_is_channel(inside):
                c, h, w = w, c, h
            return Field("image", f"C={c} H={h} W={w}", kind="image")
        raise DataError(
            tr(
                "A sample of {name!r} has the shape {inside}, which is no {kind}. Choose what it reads as.",
                name=fact.name,
                inside=inside,
                kind=kind,
            )
        )


def _finite(x: np.ndarray) -> np.ndarray:
    """Which rows hold only finite numbers."""
    return np.asarray(np.isfinite(x.reshape(len(x), -1)).all(1))


def _kind(fact: ArrayFacts) -> str:
    """What a sample is, by its shape and type."""
    inside = fact.shape[1:]
    if len(inside) == 3:
        return "image"
    if len(inside) == 2:
        return "image" if np.dtype(fact.dtype) == np.uint8 or inside[0] == inside[1] else "series"
    return "features"


def _first_is_channel(inside: tuple[int, ...]) -> bool:
    return inside[0] in (1, 3, 4) and inside[2] not in (1, 3, 4)


def _channels_first(x: np.ndarray) -> np.ndarray:
    """Images as (n, C, H, W) float32."""
    if x.ndim == 3:
        x = x[:, None]
    elif not _first_is_channel(x.shape[1:]):
        x = x.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(x, np.float32)


def _arrays(path: Path, progress: Progress) -> list[tuple[str, np.ndarray]]:
    """The arrays of a file; never with pickled objects, and not more than fits."""
    if path.suffix.lower() == ".npy":
        found = [("x", np.load(path, mmap_mode="r", allow_pickle=False))]
        progress(1.0)
        return found
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST:
            raise DataError(
                tr(
                    "{name} unpacks to {size:.1f} GB, more than the 4 GB that are read.",
                    name=path.name,
                    size=size / 2**30,
                )
            )
    found = []
    with np.load(path, allow_pickle=False) as file:
        for i, name in enumerate(file.files):
            try:
                found.append((name, file[name]))
            except ValueError:  # Python objects are not read
                found.append((name, np.empty(0, dtype="O")))
            progress((i + 1) / len(file.files))
    return found


def _white(high: float) -> float:
    """What stands for white where the brightest pixel of all is this: 1, or 255 as in files."""
    return 1.0 if high <= 1 else max(high, 255.0)
