"""Looking at data before it is trained on: which source fits a path, what is in it, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from netlab.catalogue import key_of
from netlab.data.columns import ColumnFacts
from netlab.data.curves import Curve, curves, marked
from netlab.data.dataset import DataError, Dataset, Field, Source, catalogue
from netlab.data.files import FileSource, parts, shown
from netlab.data.findings import Finding, Ledger, Progress, silent
from netlab.data.series import SeriesSource
from netlab.data.tables import TableFile, read_all
from netlab.language import tr

SHOWN_ROWS = 50
SHOWN_IMAGES = 32
SHOWN_TEXTS = 8
LONGEST_CELL = 200
BINS = 20


@dataclass(frozen=True)
class Histogram:
    """How often values fall between edges: n counts, n + 1 edges."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Preview:
    """What a person wants to see of data before training on it.

    Attributes:
        source, title, task: the source's key and title, and the key of its task.
        rows: how many rows can be used, of all parts together.
        header, cells: the first rows as texts, for a table: as the file has them, or else as the model sees them.
        columns: what each column of a table file holds.
        targets: the columns to foretell.
        images: the first images, uint8 (n, H, W, 3).
        texts: the first texts as tokens, and their ids in `ids`.
        captions: what each image or text is.
        answers, answer_ids: what belongs to each text: the tokens it is to become, or the class of each of its tokens.
        vocabulary: every token, by id.
        curves, window: a series and its parts, and where one window and its horizon lie.
        classes: rows of each class, by name.
        lengths: of sequences, in tokens without padding; None if nothing is a sequence.
        histograms: of each number the model sees, in the units of the file, by name.
        splits: rows of each part.
        findings: what is wrong.
    """

    source: str
    title: str
    task: str
    rows: int
    fields: tuple[Field, ...]
    splits: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    header: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    columns: tuple[ColumnFacts, ...] = ()
    images: np.ndarray | None = None
    captions: tuple[str, ...] = ()
    texts: tuple[tuple[str, ...], ...] = ()
    ids: tuple[tuple[int, ...], ...] = ()
    targets: tuple[str, ...] = ()
    answers: tuple[tuple[str, ...], ...] = ()
    answer_ids: tuple[tuple[int, ...], ...] = ()
    vocabulary: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    window: tuple[float, float, float] | None = None
    classes: Mapping[str, int] = field(default_factory=dict)
    lengths: Histogram | None = None
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    licence: str = ""
    origin: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``netlab datasets FILE --json``, without the pictures."""
        return {
            "source": self.source,
            "title": self.title,
            "task": self.task,
            "rows": self.rows,
            "fields": [{"name": f.name, "shape": f.shape, "dtype": f.dtype, "kind": f.kind} for f in self.fields],
            "splits": dict(self.splits),
            "columns": [{"name": c.name, "kind": c.kind, "missing": c.missing} for c in self.columns],
            "classes": dict(self.classes),
            "findings": [
                {name: getattr(f, name) for name in ("code", "severity", "message", "line", "column", "text", "count")}
                for f in self.findings
            ],
        }


def guess(path: str | Path, key: str | None = None) -> FileSource:
    """The source that fits a file or folder best, with likely options; it has not been looked at yet.

    With `key`, that source is taken.

    Raises:
        DataError: there is no such file, no source reads it, or no source has that key.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(tr("{path} is not there. Check the name.", path=shown(path)))
    known = {name: source for name, source in catalogue().items() if issubclass(source, FileSource)}
    if key is not None and key not in known:
        raise DataError(
            tr("No source of files is called {key!r}. There are: {known}.", key=key, known=", ".join(known))
        )
    try:
        if key is not None:
            return known[key].guessed(path)
        fitting = suited(path)
        if fitting:
            return known[fitting[0]].guessed(path)
    except OSError as error:
        raise DataError(
            tr("{path} cannot be read: {reason}.", path=shown(path), reason=error.strerror or error)
        ) from error
    suffixes = sorted({suffix for source in known.values() for suffix in source.suffixes})
    raise DataError(
        tr(
            "No kind of data fits {name}. NetLab reads folders of images, and files that end in {suffixes}.",
            name=shown(path.name),
            suffixes=", ".join(suffixes),
        )
    )


def suited(path: Path) -> tuple[str, ...]:
    """The keys of the sources that can read a file or folder, the one that fits best first."""
    sources = [source for source in catalogue().values() if issubclass(source, FileSource)]
    scores = sorted(((source.likes(path), key_of(source)) for source in sources), key=lambda pair: -pair[0])
    return tuple(key for score, key in scores if score > 0)


def look(source: FileSource, progress: Progress = silent) -> tuple[FileSource, Preview]:
    """Read a file once, learn its facts, and show what is in it.

    Raises:
        DataError: it cannot be used at all.
        Cancelled: the progress callback raised it.
    """
    reading, loading = parts(progress, 2, 1)
    source, findings = source.look(reading)
    try:
        seen = preview(source, loading)
    except DataError as error:  # what was found is worth showing also when nothing can be trained on it yet
        facts = source.facts
        columns = tuple(getattr(facts, "columns", ()))
        blocked = Finding("blocked", str(error), "error")
        return source, _bare(source, (*findings, blocked), getattr(facts, "rows", 0), columns)
    return source, _with(seen, findings=_both(findings, seen.findings))


def _both(looking: tuple[Finding, ...], loading: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What looking and loading found, each fault once: gaps that are filled are said as such."""
    known = {(f.code, f.line, f.column) for f in looking}
    filled = {f.column for f in loading if f.code == "filled"}
    first = [f for f in looking if f.code != "missing" or f.column not in filled]
    return (*first, *[f for f in loading if (f.code, f.line, f.column) not in known])


def preview(source: Source, progress: Progress = silent) -> Preview:
    """What is in a source, built in or of a file that was looked at."""
    dataset = source.load(progress)
    facts = source.facts if isinstance(source, FileSource) else None
    fields = {f.kind: f for f in reversed(dataset.fields)}
    rows = dataset.splits["train"]
    told: dict[str, Any] = {"columns": tuple(getattr(facts, "columns", ())), "findings": dataset.findings}
    if label := fields.get("label"):
        told["classes"] = _balance(dataset, label)
    if labels := fields.get("labels"):
        told["classes"] = _positives(dataset, labels)
    if image := fields.get("image"):
        told["images"] = thumbnails(dataset, image, rows[:SHOWN_IMAGES])
        told["captions"] = _captions(dataset, label, rows[:SHOWN_IMAGES])
    if tokens := fields.get("tokens"):
        told |= _tokens(dataset, tokens, rows)
        told["captions"] = _captions(dataset, label, rows[:SHOWN_TEXTS])
        told |= _answers(dataset, tokens, rows[:SHOWN_TEXTS])
    if isinstance(source, SeriesSource):
        told |= {"curves": curves(dataset, source.stride), "window": marked(dataset, source.stride)}
    if kinds := [f for f in dataset.fields if f.kind in ("features", "points", "target", "series")]:
        told |= _numbers(dataset, kinds, rows)
    if isinstance(source, TableFile):
        told |= _head(source)
    counts = {name: len(part) for name, part in dataset.splits.items()}
    return _with(_bare(source, (), sum(counts.values()), ()), fields=dataset.fields, splits=counts, **told)


def _bare(source: Source, findings: tuple[Finding, ...], rows: int, columns: tuple[ColumnFacts, ...]) -> Preview:
    told = {"licence": source.licence, "origin": source.origin, "columns": columns}
    return Preview(key_of(type(source)), source.title, source.task, rows, (), {}, findings, **told)


def _with(preview: Preview, **values: Any) -> Preview:
    return Preview(**{**vars(preview), **values})


def _balance(dataset: Dataset, label: Field) -> dict[str, int]:
    values = np.asarray(dataset.columns[label.name]).ravel()
    counts = np.bincount(values[values >= 0], minlength=label.classes or 0)
    names = label.names or tuple(map(str, range(len(counts))))
    return dict(zip(names, counts.tolist(), strict=False))


def _positives(dataset: Dataset, labels: Field) -> dict[str, int]:
    sums = np.asarray(dataset.columns[labels.name]).sum(0)
    return dict(zip(labels.names, map(int, sums), strict=True))


def thumbnails(dataset: Dataset, image: Field, rows: np.ndarray) -> np.ndarray:
    """Images as they were before normalisation: uint8 (n, H, W, 3)."""
    pixels = np.asarray(dataset.columns[image.name][rows], dtype=np.float64)
    if image.name in dataset.normalisation:
        mean, std = (np.asarray(part, np.float64) for part in dataset.normalisation[image.name])
        shape = (-1, 1, 1) if mean.ndim else ()
        pixels = pixels * std.reshape(shape) + mean.reshape(shape)
    low, high = pixels.min(initial=0.0), pixels.max(initial=1e-9)
    scaled = np.clip((pixels - low) / max(high - low, 1e-9) * 255, 0, 255).round().astype(np.uint8)
    scaled = scaled.transpose(0, 2, 3, 1)
    return scaled if scaled.shape[-1] == 3 else np.repeat(scaled[..., :1], 3, axis=-1)


def _captions(dataset: Dataset, label: Field | None, rows: np.ndarray) -> tuple[str, ...]:
    if label is None:
        return ()
    values = dataset.columns[label.name][rows]
    return tuple(label.names[int(v)] if int(v) < len(label.names) else str(int(v)) for v in values)


def _tokens(dataset: Dataset, tokens: Field, rows: np.ndarray) -> dict[str, Any]:
    column = np.asarray(dataset.columns[tokens.name][rows[:2000]])
    column = column.reshape(len(column), -1)
    inside = column.shape[1] - np.argmax(column[:, ::-1] != 0, axis=1)  # padding has the index 0 and stands behind
    inside = np.where((column != 0).any(1), inside, 0)
    told: dict[str, Any] = {"lengths": _histogram(inside.astype(np.float64))}
    if dataset.tokenizer is not None:
        ids = tuple(tuple(map(int, row[:n])) for row, n in zip(column[:SHOWN_TEXTS], inside, strict=False))
        told |= {"ids": ids, "texts": tuple(tuple(map(dataset.tokenizer.token, row)) for row in ids)}
        told["vocabulary"] = dataset.tokenizer.vocabulary()
    return told


def _answers(dataset: Dataset, tokens: Field, rows: np.ndarray) -> dict[str, Any]:
    """What is to be made of each text: tokens in the other form, or a class for each token."""
    tags = next((f for f in dataset.fields if f.kind == "tags"), None)
    made = next((f for f in reversed(dataset.fields) if f.kind == "tokens" and f.name == "target"), None)
    ids = np.asarray(dataset.columns[tokens.name][rows])
    if tags is not None:
        classes = np.asarray(dataset.columns[tags.name][rows])
        named = [[tags.names[c] if 0 <= c < len(tags.names) else "" for c in row] for row in classes.tolist()]
        return {"answers": tuple(tuple(row[: int((i != 0).sum())]) for row, i in zip(named, ids, strict=True))}
    if made is None or dataset.tokenizer is None:
        return {}
    found = np.asarray(dataset.columns[made.name][rows])
    kept = tuple(tuple(i for i in row if i) for row in found.tolist())
    return {"answer_ids": kept, "answers": tuple(tuple(map(dataset.tokenizer.token, row)) for row in kept)}


def _head(source: TableFile) -> dict[str, Any]:
    """The first rows of a file, as they are written."""
    chunk = next(iter(read_all(source, Ledger())), None)
    if chunk is None:
        return {}
    rows = chunk.frame.head(SHOWN_ROWS).rows()
    cells = tuple(tuple("" if value is None else str(value)[:LONGEST_CELL] for value in row) for row in rows)
    return {"header": tuple(chunk.frame.columns), "cells": cells, "targets": source.foretold}


def _numbers(dataset: Dataset, kinds: list[Field], rows: np.ndarray) -> dict[str, Any]:
    header, cells, histograms = [], [], {}
    for f in kinds:
        x = np.asarray(dataset.columns[f.name][rows[:20_000]], np.float64)
        if f.name in dataset.normalisation:
            mean, std = (np.asarray(part, np.float64) for part in dataset.normalisation[f.name])
            x = x * std + mean
        x = x.reshape(-1, x.shape[-1]) if x.ndim > 1 else x[:, None]
        names = f.names if len(f.names) == x.shape[1] else tuple(f"{f.name} {i + 1}" for i in range(x.shape[1]))
        header += names
        cells.append(x[:SHOWN_ROWS])
        histograms |= {name: _histogram(x[:, i]) for i, name in enumerate(names[:200])}
    shortest = min(map(len, cells))
    table = np.concatenate([part[:shortest] for part in cells], 1)
    return {
        "header": tuple(header),
        "cells": tuple(tuple(f"{value:.6g}" for value in row) for row in table),
        "histograms": histograms,
    }


def _histogram(values: np.ndarray) -> Histogram:
    counts, edges = np.histogram(values, BINS)
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))
