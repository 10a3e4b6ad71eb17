"""Table: rows of numbers and categories from a CSV, TSV, Parquet or Excel file, one column or more to foretell."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from typing import Any

import numpy as np
import polars as pl

from netlab.data import splitting
from netlab.data.columns import ColumnFacts, cells, numbers, times
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.delimited import Chunk
from netlab.data.findings import NOTE, Ledger, Progress, silent
from netlab.data.fitted import Encoded
from netlab.data.judging import judge
from netlab.data.tables import TableFacts, TableFile, read_all
from netlab.language import sentences, tr
from netlab.options import Choice, Names, Text

SCALINGS = ("standard", "range", "none")
FEW = 20  # a target of whole numbers with at most so many values is a class


class Table(TableFile):
    """A table with a target. Numbers are normalised, categories become one column for each value (one-hot).

    Mean, deviation and categories come from the training rows: a missing number becomes the mean (0), a category that
    no training row has becomes zeros.
    """

    title = "Table"
    about = "Rows of numbers and categories from a CSV, TSV, Parquet or Excel file, with a column to foretell."
    target = Names(help="The columns to foretell; without one, the last.")
    features = Names(help="The columns to foretell from; without one, all others that hold numbers or categories.")
    goal = Choice(
        "auto", ("auto", "class", "number"), help="What a target is: auto takes few whole numbers as classes."
    )
    scaling = Choice(
        "standard",
        SCALINGS,
        help="How features are scaled, by the training rows: to mean 0 and deviation 1, to 0 … 1, or not at all.",
    )
    copies = Choice("keep", ("keep", "drop"), help="Whether a row that is a copy of an earlier one stays.")
    split = Choice(
        "random",
        splitting.WAYS,
        label="How to split",
        help="How rows are parted; in order is by the column below, or as they come.",
    )
    split_by = Text("", suggests="columns", help="The column of time for in order, or of groups for by group.")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.seen:
            with suppress(DataError):  # `fields` and `load` tell what is wrong
                self.task = self._task()

    def fields(self) -> tuple[Field, ...]:
        names = tuple(name for column in self._features() for name in _encoded(column))
        if not names:
            raise DataError(tr("No column is left to foretell from. Choose features that hold numbers or categories."))
        features = Field("features", f"d={len(names)}", names=names)
        targets = self._targets()
        self._task()
        if self.task == "classification":
            classes = targets[0].classes
            return features, Field("label", "", "int", "label", len(classes), classes)
        if self.task == "multi_label":
            return features, Field("labels", f"d={len(targets)}", kind="labels", names=tuple(c.name for c in targets))
        return features, Field("target", f"d={len(targets)}", kind="target", names=tuple(c.name for c in targets))

    @property
    def foretold(self) -> tuple[str, ...]:
        return tuple(column.name for column in self._targets())

    def load(self, progress: Progress = silent) -> Dataset:
        fields, ledger = self.fields(), Ledger()
        reader = _Rows(self, ledger)
        for chunk in read_all(self, ledger, progress):
            reader.take(chunk)
        columns = {name: np.concatenate(found) for name in list(reader.parts) if (found := reader.parts.pop(name))}
        if self.copies == "drop" and columns:
            columns = _without_copies(columns, ledger)
        rows = len(next(iter(columns.values()), ()))
        if not rows:
            raise DataError(sentences(tr("{name} has no good row to train on.", name=self.place.name), _first(ledger)))
        try:
            splits = self._splits(columns, rows)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        features, scale, encoding = self._inputs(columns, splits["train"], ledger)
        made, scales = self._aims(columns, splits["train"])
        made, scales = {"features": features} | made, {"features": scale} | scales
        judge(made, fields, splits, ledger)
        return Dataset(
            fields,
            made,
            splits,
            normalisation=scales,
            encoding={"features": encoding},
            findings=ledger.findings(),
        )

    def _targets(self) -> list[ColumnFacts]:
        facts: TableFacts = self.facts
        usable = [c for c in facts.columns if c.kind in ("number", "category")]
        if not usable:
            raise DataError(tr("No column holds numbers or categories. Choose another file, or another delimiter."))
        named = [facts.column(name) for name in self.target] or usable[-1:]
        for column in named:
            if column.kind not in ("number", "category"):
                raise DataError(
                    tr(
                        "{name!r} holds {kind}, which cannot be foretold. Choose another target.",
                        name=column.name,
                        kind=column.kind,
                    )
                )
        return named

    def _features(self) -> list[ColumnFacts]:
        facts: TableFacts = self.facts
        if self.features:
            named = [facts.column(name) for name in self.features]
            for column in named:
                if column.kind not in ("number", "category"):
                    message = tr(
                        "{name!r} holds {kind}, which is no input of numbers. Leave it out of the features.",
                        name=column.name,
                        kind=column.kind,
                    )
                    raise DataError(message)
            return named
        left_out = {*[c.name for c in self._targets()], self.split_by}
        usable = [c for c in facts.columns if c.kind in ("number", "category") and c.name not in left_out]
        return [c for c in usable if not c.counting] or usable

    def _task(self) -> str:
        targets = self._targets()
        if len(targets) > 1:
            two = all(c.kind == "number" and c.whole and c.low >= 0 and c.high <= 1 for c in targets)
            if self.goal == "class" and not two:
                raise DataError(tr("Several targets at once are classes only if each is 0 or 1. Choose one target."))
            return "multi_label" if two and self.goal != "number" else "regression"
        target = targets[0]
        if target.kind == "category":
            if self.goal == "number":
                raise DataError(tr("{name!r} holds words, which are no numbers. Set goal to class.", name=target.name))
            return "classification"
        few = target.whole and 0 < len(target.classes) <= FEW
        if self.goal == "class" and not target.classes:
            raise DataError(tr("{name!r} has too many values to be classes. Set goal to number.", name=target.name))
        return "classification" if self.goal == "class" or (self.goal == "auto" and few) else "regression"

    def _splits(self, columns: dict[str, np.ndarray], rows: int) -> splitting.Splits:
        if self.split == "stratified":
            if "label" not in columns:
                raise splitting.SplitError(tr("Only classes can be stratified. Choose another way to split."))
            return splitting.stratified(columns["label"], self.validation, self.test, self.split_seed)
        if self.split == "by group":
            if not self.split_by:
                raise splitting.SplitError(tr("Choose the column of groups to split by."))
            return splitting.by_group(columns["split_by"], self.validation, self.test, self.split_seed)
        if self.split == "in order":
            order = np.argsort(columns["split_by"], kind="stable") if self.split_by else np.arange(rows)
            return splitting.in_order(order, self.validation, self.test)
        return splitting.at_random(rows, self.validation, self.test, self.split_seed)

    def _inputs(
        self, columns: dict[str, np.ndarray], train: np.ndarray, ledger: Ledger
    ) -> tuple[np.ndarray, tuple[Any, Any], tuple[Encoded, ...]]:
        """The features as the model sees them, their shift and scale, and how they were encoded.

        Each column is let go of once it is there, so that a table is held once and not twice.
        """
        chosen, at = self._features(), 0
        features = np.empty((len(next(iter(columns.values()))), sum(len(_encoded(c)) for c in chosen)), np.float32)
        means, stds, encoding = [], [], []
        for column in chosen:
            x = columns.pop(f"feature/{column.name}")
            block = features[:, at : at + len(_encoded(column))]
            at += block.shape[1]
            if column.kind == "category":
                known = np.isin(np.arange(len(column.classes)), x[train])
                for code, seen in enumerate(known):
                    block[:, code] = (x == code) & seen
                means += [0.0] * len(column.classes)
                stds += [1.0] * len(column.classes)
                unseen = tuple(name for name, seen in zip(column.classes, known, strict=True) if not seen)
                encoding.append(Encoded(column.name, column.classes, unseen))
                continue
            block[:, 0], shift, scale = _scaled(x, train, self.scaling)
            means.append(shift)
            stds.append(scale)
            encoding.append(Encoded(column.name, missing=float(_there(x[train]).mean())))
            if count := int(np.isnan(x).sum()):
                message = tr(
                    "{name!r} is missing in {count:,} rows; there it is taken as its mean.",
                    name=column.name,
                    count=count,
                )
                ledger.say("filled", message, NOTE, column.name, count)
        return features, (means, stds), tuple(encoding)

    def _aims(
        self, columns: dict[str, np.ndarray], train: np.ndarray
    ) -> tuple[dict[str, np.ndarray], dict[str, tuple[Any, Any]]]:
        """The targets as the model sees them, and the scales of the numbers."""
        if self.task == "classification":
            return {"label": columns["label"]}, {}
        y = np.stack([columns[f"target/{c.name}"] for c in self._targets()], 1)
        if self.task == "multi_label":
            return {"labels": y.astype(np.float32)}, {}
        parts = [_scaled(y[:, i], train) for i in range(y.shape[1])]
        scale = ([part[1] for part in parts], [part[2] for part in parts])
        return {"target": np.stack([part[0] for part in parts], 1)}, {"target": scale}


class _Rows:
    """Reads chunks of texts into arrays, and leaves out rows that cannot be used."""

    def __init__(self, source: Table, ledger: Ledger) -> None:
        self.source, self.ledger = source, ledger
        self.decimal = source.facts.decimal
        self.wanted = {f"feature/{c.name}": c for c in source._features()}
        if source.task == "classification":
            self.wanted["label"] = source._targets()[0]
        else:
            self.wanted |= {f"target/{c.name}": c for c in source._targets()}
        if source.split_by and source.split in ("in order", "by group"):
            self.wanted["split_by"] = source.facts.column(source.split_by)
        self.parts: dict[str, list[np.ndarray]] = {key: [] for key in self.wanted}

    def take(self, chunk: Chunk) -> None:
        """Add the good rows of a chunk."""
        keep = np.ones(len(chunk.lines), bool)
        read = {}
        for key, column in self.wanted.items():
            texts = cells(chunk.frame[column.name])
            values, wrong = self._read(key, column, texts)
            for i in np.flatnonzero(wrong & keep):
                code, message = self._told(key, texts[int(i)])
                self.ledger.bad_row(code, message, int(chunk.lines[i]), column.name, str(texts[int(i)] or ""))
            keep &= ~wrong
            read[key] = values
        for key, values in read.items():
            self.parts[key].append(values[keep])

    def _read(self, key: str, column: ColumnFacts, texts: pl.Series) -> tuple[np.ndarray, np.ndarray]:
        """Values of a column, and which rows cannot be used over it."""
        needed = not key.startswith("feature/")
        if key == "split_by" and self.source.split == "by group":
            return texts.fill_null("").to_numpy().astype(object).astype(str), np.zeros(len(texts), bool)
        if key == "label" or column.kind == "category":
            codes = _codes(texts, column.classes)
            return codes.astype(np.int64 if needed else np.int16), (codes < 0) & needed
        read = times(texts, column.pattern) if column.kind == "time" else numbers(texts, self.decimal)
        wrong = read.is_null() & (texts.is_not_null() | needed)
        dtype = np.float64 if key == "split_by" else np.float32
        return read.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(dtype), wrong.to_numpy()

    def _told(self, key: str, text: str | None) -> tuple[str, str]:
        if text is None:
            return "no_target", tr("there is no value to foretell")
        if key == "label":
            return "unknown_class", tr("{text!r:.80} was no class when the file was looked at", text=text)
        return "bad_number", tr("{text!r:.80} is no number", text=text)


def _codes(texts: pl.Series, classes: tuple[str, ...]) -> np.ndarray:
    """The place of each text among the classes, −1 for others."""
    index = {name: i for i, name in enumerate(classes)}
    known = {raw: index.get(unicodedata.normalize("NFC", raw), -1) for raw in texts.drop_nulls().unique()}
    if not known:
        return np.full(len(texts), -1, np.int64)
    return texts.replace_strict(known, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()


def _encoded(column: ColumnFacts) -> tuple[str, ...]:
    return tuple(f"{column.name}={name}" for name in column.classes) if column.kind == "category" else (column.name,)


def _scaled(x: np.ndarray, train: np.ndarray, how: str = "standard") -> tuple[np.ndarray, float, float]:
    """Scaled by the training rows, missing values at their mean: (rows,) float32, and the shift and scale."""
    seen = _there(x[train])
    mean = float(seen.mean())
    shift, scale = {
        "standard": (mean, float(seen.std())),
        "range": (float(seen.min()), float(np.ptp(seen))),
        "none": (0.0, 1.0),
    }[how]
    scale = scale or 1.0
    return ((np.where(np.isnan(x), mean, x) - shift) / scale).astype(np.float32), shift, scale


def _there(x: np.ndarray) -> np.ndarray:
    """The values that are not missing, in float64; a zero if all are."""
    seen = x.astype(np.float64)
    return seen[~np.isnan(seen)] if not np.isnan(seen).all() else np.zeros(1)


def _without_copies(columns: dict[str, np.ndarray], ledger: Ledger) -> dict[str, np.ndarray]:
    """The first of all rows that are equal in every column that is read."""
    numbers_only = {name: column for name, column in columns.items() if column.dtype.kind in "fi"}
    first = np.sort(np.unique(splitting.same_rows(numbers_only), return_index=True)[1])
    if count := len(next(iter(columns.values()))) - len(first):
        ledger.say(
            "copies_dropped",
            tr("{count:,} rows that are copies of earlier ones are left out.", count=count),
            NOTE,
            count=count,
        )
    return {name: column[first] for name, column in columns.items()}


def _first(ledger: Ledger) -> str:
    return tr("The first fault: {fault}.", fault=ledger.rows[0]) if ledger.rows else ""
