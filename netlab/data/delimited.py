"""Delimited text (CSV, TSV): the dialect is guessed, records are read in bounded memory, and a bad line costs one row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from netlab.data.encoding import LONGEST_LINE, SAMPLE, encoding_of, lines_of
from netlab.data.field import DataError
from netlab.data.findings import WARNING, Ledger, Progress, silent
from netlab.data.fitted import MISSING
from netlab.language import tr

DELIMITERS = {"tab": "\t", "semicolon": ";", "bar": "|", "comma": ","}  # the rarer in texts and numbers first
CHUNK_ROWS = 50_000
LONGEST_RECORD = 200  # lines of a quoted field
QUOTE = '"'
SUSPICIOUS = re.compile("[\0\ufffd\udc80-\udcff]")
SENTENCE_ENDS = (".", "!", "?", "。", "！", "？", "…")
NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written: its encoding, delimiter, decimal sign, and the names of its columns.

    Attributes:
        header: whether the first line holds the names.
    """

    encoding: str
    delimiter: str
    decimal: str
    header: bool
    names: tuple[str, ...]


@dataclass(frozen=True)
class Chunk:
    """Some rows as texts, missing cells as null, and the line each begins in (an array of int64)."""

    frame: pl.DataFrame
    lines: np.ndarray


def sniff(
    path: Path, encoding: str = "auto", delimiter: str = "auto", decimal: str = "auto", header: str = "auto"
) -> Dialect:
    """Guess what is not given from the beginning of the file.

    Raises:
        DataError: the file is empty.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(SAMPLE)
    if encoding == "auto":
        encoding = encoding_of(head)
    lines = [line for line in islice(next(lines_of(path, encoding), []), 400) if line.strip()]
    if not lines:
        raise DataError(
            tr("{name} is empty. Choose a file with at least a line of names and some rows.", name=path.name)
        )
    if delimiter == "auto":
        delimiter = "tab" if path.suffix.lower() in (".tsv", ".tab") else _delimiter(lines)
    sign = DELIMITERS[delimiter]
    rows = [row for line in lines if (row := _parse(line, sign)) is not None] or [lines[0].split(sign)]
    width = Counter(map(len, rows[1:])).most_common(1)[0][0] if len(rows) > 1 else len(rows[0])
    rows = [rows[0], *[row for row in rows[1:] if len(row) == width]]
    named = _has_header(rows) if header == "auto" else header == "yes"
    if decimal == "auto":
        decimal = "comma" if sign != "," and _decimal_commas(rows) else "point"
    first = rows[0] if named else []
    names = [name.strip().lstrip("\ufeff") or f"column {i + 1}" for i, name in enumerate(first)]
    names += [f"column {i + 1}" for i in range(len(names), width)]
    return Dialect(encoding, sign, "," if decimal == "comma" else ".", named, tuple(_unlike(names)))


def _delimiter(lines: list[str]) -> str:
    """The sign that cuts most lines into the same number of fields, more than one; of equals the rarer one."""

    def regularity(name: str) -> float:
        counts = Counter(len(row) for line in lines if (row := _parse(line, DELIMITERS[name])) is not None)
        width, often = counts.most_common(1)[0] if counts else (1, 0)
        return round(often / len(lines), 1) if width > 1 else 0.0

    best = max(DELIMITERS, key=regularity)
    return best if regularity(best) else "comma"


def _has_header(rows: list[list[str]]) -> bool:
    first, rest = rows[0], rows[1:]
    if any(NUMBER.fullmatch(cell) for cell in first) or len(set(first)) * 2 < len(first):
        return False
    if len(rest) < 2:
        return True
    for i, cell in enumerate(first):
        below = [row[i] for row in rest if i < len(row) and row[i].strip() not in MISSING]
        if below and sum(bool(NUMBER.fullmatch(c)) for c in below) > len(below) / 2:
            return True
        if cell in below:
            return False
    return not any(cell.strip().endswith(SENTENCE_ENDS) for cell in first)


def _decimal_commas(rows: list[list[str]]) -> bool:
    cells = [cell for row in rows[1:] for cell in row if NUMBER.fullmatch(cell)]
    return sum("," in cell for cell in cells) > sum("." in cell for cell in cells)


def _unlike(names: list[str]) -> Iterator[str]:
    """The names, with a number behind each that came before."""
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _parse(text: str, delimiter: str) -> list[str] | None:
    """The fields of one record, None if its quotes are wrong."""
    if QUOTE not in text:
        return text.split(delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        fields = next(reader)
        return None if next(reader, None) is not None else fields
    except (csv.Error, StopIteration):
        return None


class _Reader:
    """Goes through the lines of a file once; every line ends in a record or in the ledger."""

    def __init__(self, dialect: Dialect, ledger: Ledger) -> None:
        self.dialect, self.ledger = dialect, ledger
        self.width = len(dialect.names)
        self.number = 1  # of the line that comes next
        self.skip = 1 if dialect.header else 0
        self.plain: list[str] = []  # lines that only have to be cut at the delimiters
        self.plain_lines: list[int] = []
        self.rows: list[list[str]] = []  # records with quotes
        self.lines: list[int] = []

    def take(self, lines: list[str], last: bool) -> list[str]:
        """Read lines into records; the lines it has to see more behind come back."""
        text, delimiter, cuts = "\n".join(lines), self.dialect.delimiter, self.width - 1
        dirty = SUSPICIOUS.search(text) is not None or len(text) >= LONGEST_LINE
        at = 0
        while at < len(lines):
            line = lines[at]
            if line.count(delimiter) == cuts and line and QUOTE not in line and not (dirty and self._fault(line)):
                if not self.skip:
                    self.plain.append(line)
                    self.plain_lines.append(self.number)
                self.skip = 0
                at += 1
                self.number += 1
                continue
            if not last and line.count(QUOTE) % 2 and len(lines) - at <= LONGEST_RECORD:
                break
            used = self._one(lines, at)
            at += used
            self.number += used
        return lines[at:]

    def _one(self, lines: list[str], at: int) -> int:
        """Read the record that begins in a line; how many lines it takes."""
        line = lines[at]
        if not line.strip():
            return 1
        fault = self._fault(line)
        row = None if fault else _parse(line, self.dialect.delimiter)
        used = 1
        if not fault and (row is None or len(row) != self.width) and line.count(QUOTE) % 2:
            row, used = self._over_lines(lines, at, row)
        if self.skip:
            self.skip = 0
        elif fault:
            self.ledger.bad_row(fault[0], fault[1], self.number, self._column(line, fault[2]), line)
        elif row is None:
            message = tr("a quote is opened and not closed, or closed in the middle of a field")
            self.ledger.bad_row("quotes", message, self.number, self._column(line, line.find(QUOTE)), line)
        elif len(row) != self.width:
            self._wrong_width(line, row, self.number)
        else:
            self.rows.append(row)
            self.lines.append(self.number)
        return used

    def _fault(self, line: str) -> tuple[str, str, int] | None:
        """Code, message and place of what makes a line unreadable."""
        if len(line) >= LONGEST_LINE:
            return "too_long", tr("the line is longer than {most:,} characters", most=LONGEST_LINE), 0
        found = SUSPICIOUS.search(line)
        if found is None:
            return None
        if found[0] == "\0":
            return "nul", tr("the line holds a NUL, which no text has"), found.start()
        encoding = self.dialect.encoding
        message = tr("a byte sequence is not valid in the encoding {encoding}", encoding=encoding)
        if found[0] != "\ufffd":
            byte = ord(found[0]) - 0xDC00
            message = tr("byte 0x{byte:02X} is not valid in the encoding {encoding}", byte=byte, encoding=encoding)
        return "encoding", message, found.start()

    def _over_lines(self, lines: list[str], at: int, alone: list[str] | None) -> tuple[list[str] | None, int]:
        """A record whose quoted field goes on in the lines below."""
        for end in range(at + 1, min(len(lines), at + LONGEST_RECORD)):
            if lines[end].count(QUOTE) % 2:
                row = _parse("\n".join(lines[at : end + 1]), self.dialect.delimiter)
                return (row, end + 1 - at) if row is not None and len(row) == self.width else (alone, 1)
        return alone, 1

    def _wrong_width(self, line: str, row: list[str], number: int) -> None:
        names = self.dialect.names
        fields = tr("{count} field", count=1) if len(row) == 1 else tr("{count} fields", count=len(row))
        if len(row) < self.width:
            message = tr(
                "the line has {fields}, but the table {columns} columns; {name!r} is the first missing",
                fields=fields,
                columns=self.width,
                name=names[len(row)],
            )
            self.ledger.bad_row("too_few_fields", message, number, names[len(row)], line)
        else:
            message = tr(
                "the line has {fields}, but the table only {columns} columns", fields=fields, columns=self.width
            )
            self.ledger.bad_row("too_many_fields", message, number, names[-1], line)

    def _column(self, line: str, place: int) -> str:
        return self.dialect.names[min(line.count(self.dialect.delimiter, 0, max(place, 0)), self.width - 1)]

    def __len__(self) -> int:
        return len(self.plain) + len(self.rows)

    def chunk(self) -> Chunk:
        """What was read since the last time, in the order of the file."""
        schema = dict.fromkeys(self.dialect.names, pl.String())
        text = "\n".join(self.plain).encode("utf-8", "replace")
        frame = (
            pl.read_csv(text, separator=self.dialect.delimiter, quote_char=None, has_header=False, schema=schema)
            if self.plain
            else pl.DataFrame(schema=schema)
        )
        lines = np.asarray([*self.plain_lines, *self.lines], dtype=np.int64)
        if self.rows:
            frame = pl.concat([frame, pl.DataFrame(self.rows, schema=schema, orient="row")])
            order = np.argsort(lines, kind="stable")
            frame, lines = frame[order], lines[order]
        self.plain, self.plain_lines, self.rows, self.lines = [], [], [], []
        return Chunk(frame, lines)


def chunks(path: Path, dialect: Dialect, ledger: Ledger, progress: Progress = silent) -> Iterator[Chunk]:
    """The good rows of a file in chunks of some ten thousand; the bad ones are in the ledger.

    Raises:
        OSError: the file cannot be read, or no longer.
    """
    reader, rest = _Reader(dialect, ledger), []
    for lines in lines_of(path, dialect.encoding, progress):
        rest = reader.take([*rest, *lines] if rest else lines, last=False)
        if len(reader) >= CHUNK_ROWS:
            yield reader.chunk()
    reader.take(rest, last=True)
    if len(reader):
        yield reader.chunk()


def doubled(path: Path, dialect: Dialect, ledger: Ledger) -> None:
    """Say which columns had to be renamed."""
    for name in dialect.names:
        plain = re.sub(r" \(\d+\)$", "", name)
        if plain != name and plain in dialect.names:
            message = tr(
                "{file} has several columns called {plain!r}; a later one is called {name!r} here.",
                file=path.name,
                plain=plain,
                name=name,
            )
            ledger.say("duplicate_column", message, WARNING, column=name)
