"""Time series: a table with a row for each moment, from which the next values of a column are foretold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from netlab.data.columns import ColumnFacts, cells, numbers, times
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.findings import Ledger, Progress, silent
from netlab.data.series import SeriesSource
from netlab.data.tables import TableFile, head_of, read_all
from netlab.language import sentences, tr
from netlab.options import Names, Text


class TimeSeries(SeriesSource, TableFile):
    """A table in order of time. Cells that are no number are gaps, and filled along a line."""

    title = "Time series"
    about = "A table with a row for each moment: what comes next?"
    task = "forecasting"
    columns = Names(help="The columns the model sees; without one, all that hold numbers.")
    target = Text("", suggests="columns", help="The column to foretell; without one, the first the model sees.")
    time = Text("", suggests="columns", help="The column to put rows in order by; without one, they stay as they come.")

    @classmethod
    def likes(cls, path: Path) -> float:
        return 0.6 if super().likes(path) and _is_series(path) else 0.0

    def fields(self) -> tuple[Field, ...]:
        return self.series_fields(tuple(c.name for c in self._chosen()))

    def row_count(self) -> int | None:
        return self.windows_of(super().row_count())

    @property
    def foretold(self) -> tuple[str, ...]:
        return (self.target or self._chosen()[0].name,)

    def load(self, progress: Progress = silent) -> Dataset:
        chosen, ledger = self._chosen(), Ledger()
        clock = self.facts.column(self._clock()) if self._clock() else None
        parts: list[np.ndarray] = []
        moments: list[np.ndarray] = []
        for chunk in read_all(self, ledger, progress):
            read = [self._numbers(chunk.frame[c.name], c, chunk.lines, ledger) for c in chosen]
            values = np.stack([series.to_numpy() for series in read], 1)
            if clock is not None:
                moment = self._moments(chunk.frame[clock.name], clock, chunk.lines, ledger)
                values, moment = values[~np.isnan(moment)], moment[~np.isnan(moment)]
                moments.append(moment)
            parts.append(values)
        if not parts:
            raise DataError(tr("{name} has no good row to train on.", name=self.place.name))
        values = np.concatenate(parts)
        if moments:
            values = values[np.argsort(np.concatenate(moments), kind="stable")]
        names = tuple(c.name for c in chosen)
        return self.windowed(values, names, names.index(self.target) if self.target else 0, ledger)

    def _chosen(self) -> list[ColumnFacts]:
        facts = self.facts
        if self.columns:
            chosen = [facts.column(name) for name in self.columns]
        else:
            chosen = [c for c in facts.columns if c.kind == "number" and c.name != self.time]
            chosen = [c for c in chosen if not c.counting] or chosen
        wrong = [c.name for c in chosen if c.kind != "number"]
        if wrong or not chosen:
            told = tr("{name!r} holds no numbers.", name=wrong[0]) if wrong else tr("No column holds numbers.")
            raise DataError(sentences(told, tr("Choose columns with numbers.")))
        if self.target:
            facts.column(self.target)
            if self.target not in [c.name for c in chosen]:
                raise DataError(
                    tr("The target {target!r} is not among the columns. Add it to them.", target=self.target)
                )
        return chosen

    def _clock(self) -> str:
        return self.time or next((c.name for c in self.facts.columns if c.kind == "time"), "")

    def _numbers(self, column: pl.Series, facts: ColumnFacts, lines: np.ndarray, ledger: Ledger) -> pl.Series:
        texts = cells(column)
        read = numbers(texts, self.facts.decimal)
        for i in np.flatnonzero((read.is_null() & texts.is_not_null()).to_numpy()):
            ledger.bad_row(
                "bad_number",
                tr("{text!r:.80} is no number", text=texts[int(i)]),
                int(lines[i]),
                facts.name,
                texts[int(i)],
            )
        return read.cast(pl.Float64).fill_null(float("nan"))

    def _moments(self, column: pl.Series, clock: ColumnFacts, lines: np.ndarray, ledger: Ledger) -> np.ndarray:
        texts = cells(column)
        read = times(texts, clock.pattern) if clock.kind == "time" else numbers(texts, self.facts.decimal)
        for i in np.flatnonzero(read.is_null().to_numpy()):
            text = texts[int(i)] or ""
            ledger.bad_row("bad_time", tr("{text!r:.80} is no time", text=text), int(lines[i]), clock.name, text)
        return read.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _is_series(path: Path) -> bool:
    """Whether the first column of a delimited file holds moments, hardly any of them twice, and the others numbers."""
    columns = head_of(path)
    if len(columns) < 2 or columns[0].kind != "time" or columns[0].repeated:
        return False
    return all(column.kind in ("number", "empty") for column in columns[1:])
