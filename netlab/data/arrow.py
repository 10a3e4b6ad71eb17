"""Folders that Hugging Face's `datasets` saves (`save_to_disk`): tables in Arrow files, read without that package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from netlab.data.delimited import Chunk
from netlab.data.field import DataError
from netlab.data.findings import NOTE, Ledger, Progress, silent
from netlab.language import tr

STATE, PARTS, ABOUT = "state.json", "dataset_dict.json", "dataset_info.json"


class _File(msgspec.Struct):
    filename: str


class _State(msgspec.Struct, rename={"files": "_data_files"}):
    files: list[_File]


class _Parts(msgspec.Struct):
    splits: list[str]


class _About(msgspec.Struct):
    features: dict[str, Any] = {}


def is_saved(path: Path) -> bool:
    """Whether a path is such a folder, of one table or of several parts."""
    return path.is_dir() and ((path / STATE).is_file() or (path / PARTS).is_file())


def files_of(path: Path) -> list[Path]:
    """The Arrow files of all parts, in their order.

    Raises:
        DataError: the folder does not say what is in it, or names a file elsewhere.
    """
    return [file for folder in _tables(path) for file in _files(folder)]


def chunks(path: Path, ledger: Ledger, progress: Progress = silent) -> Iterator[Chunk]:
    """All rows as texts, one chunk a file; classes by name, and what has parts of its own as a column for each.

    Raises:
        DataError: the folder or a file cannot be read as such.
    """
    tables = _tables(path)
    if len(tables) > 1:
        told = ", ".join(folder.name for folder in tables)
        ledger.say(
            "parts_joined",
            tr("The parts {names} are read as one, and parted again as the options say.", names=told),
            NOTE,
        )
    number, done, count = 1, 0, sum(len(_files(folder)) for folder in tables)
    for folder in tables:
        classes = _classes(folder)
        for file in _files(folder):
            frame = _flat(_read(file), classes, ledger if number == 1 else Ledger())
            yield Chunk(frame, np.arange(number, number + len(frame)))
            number, done = number + len(frame), done + 1
            progress(done / count)


def _tables(path: Path) -> list[Path]:
    if not (path / PARTS).is_file():
        return [path]
    return [_inside(path, name) for name in _decoded(path / PARTS, _Parts).splits]


def _files(folder: Path) -> list[Path]:
    return [_inside(folder, file.filename) for file in _decoded(folder / STATE, _State).files]


def _inside(folder: Path, name: str) -> Path:
    if name != Path(name).name or name in ("", "..") or "\\" in name:
        raise DataError(
            tr(
                "{name} names {file!r:.80}, which lies elsewhere and is not read. Save it again.",
                name=folder.name,
                file=name,
            )
        )
    return folder / name


def _classes(folder: Path) -> dict[str, tuple[str, ...]]:
    """The names of classes by column."""
    features = _decoded(folder / ABOUT, _About).features if (folder / ABOUT).is_file() else {}
    named = {k: f.get("names") for k, f in features.items() if isinstance(f, dict) and f.get("_type") == "ClassLabel"}
    return {column: tuple(map(str, names)) for column, names in named.items() if isinstance(names, list)}


def _decoded(path: Path, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise DataError(
            tr(
                "{name} in {folder} makes no sense ({error}). Save the data again.",
                name=path.name,
                folder=path.parent.name,
                error=error,
            )
        ) from error


def _read(file: Path) -> pl.DataFrame:
    try:
        return pl.read_ipc_stream(file)
    except (pl.exceptions.PolarsError, ValueError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DataError(
            tr("{name} cannot be read as a table: {reason}. Save the data again.", name=file.name, reason=reason)
        ) from error


def _flat(frame: pl.DataFrame, classes: dict[str, tuple[str, ...]], ledger: Ledger) -> pl.DataFrame:
    """The columns as texts: classes by name, and for a column of named values one for each."""
    flat: dict[str, pl.Series] = {}
    for column in frame.iter_columns():
        values = {column.name: column}
        if column.dtype == pl.Struct:
            values = {f"{column.name}.{inner.name}": inner for inner in column.struct.unnest().iter_columns()}
        for name, part in values.items():
            if part.dtype.is_nested() or part.dtype == pl.Binary:
                ledger.say(
                    "nested_column",
                    tr("Column {name!r} holds lists or bytes, so it is left out.", name=name),
                    column=name,
                )
            elif name in classes and part.dtype.is_integer():
                known = dict(enumerate(classes[name]))
                flat[name] = part.replace_strict(known, default=None, return_dtype=pl.String)
            else:
                flat[name] = part.cast(pl.String)
    return pl.DataFrame(flat)
