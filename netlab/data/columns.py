"""What a column of a table holds: its kind, missing cells, range, classes; tallied chunk by chunk in bounded memory."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np
import polars as pl

from netlab.data.fitted import MISSING

Kind = Literal["number", "category", "time", "text", "empty"]
MOST_CLASSES = 1000
KEPT_BAD = 200_000
KEPT_VALUES = 50_000
BINS = 20
MOSTLY = 0.95  # this share of the cells decides the kind; the others are faults
TIMES = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y",
    "%Y-%m-%d %H:%M:%S%.f", "%Y-%m", "%Y%m%d",
)  # fmt: skip
EPOCH = pl.datetime(1970, 1, 1)


class ColumnFacts(msgspec.Struct, frozen=True):
    """What one column holds, over all its good cells.

    Attributes:
        kind: ``number``, ``category`` (at most a thousand values), ``time``, ``text`` or ``empty``.
        missing: cells without a value.
        whole: whether all numbers are whole.
        counting: whether the column just numbers the rows.
        low, high, mean, std: of numbers.
        edges, counts: a histogram of numbers: 21 edges, 20 counts (of a sample where there are many).
        classes, sizes: the values of a category, or of a number with few of them, by size of class or number.
        pattern: how times are written.
        repeated: whether a tenth of the times or more stand in more than one row.
        longest, letters: characters of the longest text, and how many different ones there are in all.
    """

    name: str
    kind: Kind
    missing: int = 0
    whole: bool = False
    counting: bool = False
    low: float = 0.0
    high: float = 0.0
    mean: float = 0.0
    std: float = 0.0
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    pattern: str = ""
    repeated: bool = False
    longest: int = 0
    letters: int = 0


def cells(series: pl.Series) -> pl.Series:
    """The texts of a column without blanks around them, and null where nothing was filled in."""
    stripped = series.str.strip_chars()
    return stripped.set(stripped.is_in(list(MISSING)).fill_null(True), None)


def numbers(series: pl.Series, decimal: str) -> pl.Series:
    """Cells as float64; null where they are missing, no number, or not finite."""
    if decimal == ",":
        series = series.str.replace(",", ".", literal=True)
    cast = series.cast(pl.Float64, strict=False)
    return cast.set(~cast.is_finite().fill_null(True), None)


def times(series: pl.Series, pattern: str) -> pl.Series:
    """Cells as seconds since 1970, float64; null where they are missing or no time of that pattern."""
    if pattern == "%Y-%m":
        series, pattern = series + "-01", "%Y-%m-%d"
    return series.str.to_datetime(pattern, strict=False, time_unit="us").dt.epoch("us").cast(pl.Float64) / 1e6


class Tally:
    """Goes through one column chunk by chunk."""

    def __init__(self, name: str, decimal: str) -> None:
        self.name, self.decimal = name, decimal
        self.rows = self.missing = self.good = 0
        self.numeric, self.pattern = True, ""
        self.bad_count = 0
        self.bad: list[tuple[int, str]] = []
        self.whole = self.rising = True
        self.last = -math.inf
        self.low, self.high, self.mean, self.square = math.inf, -math.inf, 0.0, 0.0
        self.sample, self.stride = np.empty(0), 1
        self.values: Counter[str] | None = Counter()
        self.longest, self.letters = 0, set[str]()

    def take(self, column: pl.Series, lines: np.ndarray) -> None:
        """Count the cells of a chunk; `lines` are where they stand in the file."""
        texts = cells(column)
        first = self.rows == self.missing
        self.rows += len(texts)
        self.missing += texts.null_count()
        if self.values is not None:
            for value, count in texts.drop_nulls().value_counts().iter_rows():
                self.values[value] += count
            if len(self.values) > MOST_CLASSES:
                self.values = None
        if self.numeric:
            self._take_numbers(texts, lines)
        if not self.numeric:
            self.longest = max(self.longest, int(texts.str.len_chars().max() or 0))  # type: ignore[arg-type]
            self.letters.update("".join(texts.drop_nulls().to_list()))
        if first and not self.numeric:
            self.pattern = _pattern(texts)
        elif first and len(texts) and _pattern(texts) == "%Y%m%d" and self.low > 1e7 and self.high < 3e7:
            self.pattern = "%Y%m%d"

    def _take_numbers(self, texts: pl.Series, lines: np.ndarray) -> None:
        read = numbers(texts, self.decimal)
        wrong = read.is_null() & texts.is_not_null()
        count = int(wrong.sum())
        self.bad_count += count
        seen = self.rows - self.missing
        if seen and self.bad_count > max(seen * 0.5, 1):
            self.numeric, self.bad = False, []
            return
        if count and len(self.bad) < KEPT_BAD:
            self.bad += list(zip(lines[wrong.to_numpy()].tolist(), texts.filter(wrong).to_list(), strict=True))
        self._merge(read.drop_nulls().to_numpy())

    def _merge(self, x: np.ndarray) -> None:
        """Mean and variance of two parts from those of each (Chan, Golub and LeVeque 1979)."""
        if not len(x):
            return
        mean, square, total = float(x.mean()), float(((x - x.mean()) ** 2).sum()), self.good + len(x)
        shift = mean - self.mean
        self.square += square + shift * shift * self.good * len(x) / total
        self.mean += shift * len(x) / total
        self.good = total
        self.low, self.high = min(self.low, float(x.min())), max(self.high, float(x.max()))
        self.whole = self.whole and bool((x == np.floor(x)).all())
        self.rising = self.rising and self.last < x[0] and bool((np.diff(x) > 0).all())
        self.last = float(x[-1])
        self.sample = np.concatenate([self.sample, x[:: self.stride]])
        while len(self.sample) > KEPT_VALUES:
            self.sample, self.stride = self.sample[::2], self.stride * 2

    def facts(self) -> ColumnFacts:
        """What the column holds, as far as it was read."""
        seen = self.rows - self.missing
        if not seen:
            return ColumnFacts(self.name, "empty", self.missing)
        if self.pattern:
            repeated = self.values is not None and len(self.values) < 0.9 * seen
            return ColumnFacts(self.name, "time", self.missing, pattern=self.pattern, repeated=repeated)
        if self.numeric and self.good >= MOSTLY * seen:
            return self._number(seen)
        classes, sizes = self._classes(numeric=False)
        few = self.values is not None and len(self.values) <= max(seen // 2, 20)
        text = ColumnFacts(self.name, "text", self.missing, longest=self.longest, letters=len(self.letters))
        return msgspec.structs.replace(text, kind="category", classes=classes, sizes=sizes) if few else text

    def _number(self, seen: int) -> ColumnFacts:
        counts, edges = np.histogram(self.sample, BINS, (self.low, self.high) if self.low < self.high else None)
        few = self.values is not None and len(self.values) <= max(min(seen // 2, MOST_CLASSES), 2)
        classes, sizes = self._classes(numeric=True) if few else ((), ())
        return ColumnFacts(
            self.name,
            "number",
            self.missing,
            whole=self.whole,
            counting=self.whole and self.rising and self.high - self.low <= 1.1 * seen and seen > 20,
            low=self.low,
            high=self.high,
            mean=self.mean,
            std=math.sqrt(self.square / self.good),
            edges=tuple(edges.tolist()),
            counts=tuple(counts.tolist()),
            classes=classes,
            sizes=sizes,
        )

    def _classes(self, numeric: bool) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Values and how often each occurs; numbers by size, words by the alphabet."""
        found: Counter[str] = Counter()
        for value, count in (self.values or {}).items():
            found[unicodedata.normalize("NFC", value)] += count
        names: Iterable[str] = sorted(found)
        if numeric:
            wrong = {text for _, text in self.bad}
            names = sorted((n for n in names if n not in wrong), key=lambda n: float(n.replace(",", ".")))
        return tuple(names), tuple(found[name] for name in names)


def _pattern(texts: pl.Series) -> str:
    """The pattern that nearly all cells follow as times, "" if there is none."""
    head = texts.drop_nulls().head(2000)
    if not len(head):
        return ""
    for pattern in TIMES:
        if times(head, pattern).null_count() <= (1 - MOSTLY) * len(head):
            return pattern
    return ""
