"""Tables in files (CSV, TSV, Parquet, Excel) and saved folders: read in chunks of texts, whatever the format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from netlab.data import arrow, delimited
from netlab.data.columns import ColumnFacts, Tally
from netlab.data.dataset import DataError
from netlab.data.delimited import Chunk, Dialect
from netlab.data.encoding import ENCODINGS
from netlab.data.files import FileSource, parts, sha256_of
from netlab.data.findings import ERROR, NOTE, Ledger, Progress, silent
from netlab.language import tr
from netlab.options import Choice

DELIMITED = (".csv", ".tsv", ".tab", ".txt", ".dat")
PARQUET = (".parquet", ".pq")
EXCEL = (".xlsx", ".xls", ".ods")
CHUNK_ROWS = 50_000


class TableFacts(msgspec.Struct, frozen=True):
    """What a table holds.

    Attributes:
        rows: good rows.
        bad: rows left out.
        encoding, delimiter, decimal, header: how a delimited file is written.
    """

    sha256: str
    bytes: int
    rows: int
    bad: int
    columns: tuple[ColumnFacts, ...]
    encoding: str = ""
    delimiter: str = ""
    decimal: str = "."
    header: bool = True

    def column(self, name: str) -> ColumnFacts:
        """The column of that name; DataError in words if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns[:20])
        raise DataError(
            tr("The table has no column {name!r}; it has: {known}. Choose one of them.", name=name, known=known)
        )


class TableFile(FileSource):
    """Base of the sources that read a table from a file."""

    suffixes = (".csv", ".tsv", ".tab", *PARQUET, *EXCEL)
    facts_type = TableFacts

    encoding = Choice("auto", ENCODINGS, help="How the characters are written; auto looks at the file.")
    delimiter = Choice("auto", ("auto", *delimited.DELIMITERS), help="The sign between fields.")
    decimal = Choice("auto", ("auto", "point", "comma"), help="The sign in 3.14 or 3,14.")
    header = Choice("auto", ("auto", "yes", "no"), help="Whether the first line holds the names of the columns.")

    @classmethod
    def likes(cls, path: Path) -> float:
        return 0.5 if arrow.is_saved(path) else super().likes(path)

    def fingerprint(self, progress: Progress = silent) -> str:
        files = _stored(self.place)
        digests = [
            sha256_of(file, part) for file, part in zip(files, parts(progress, *[1.0] * len(files)), strict=True)
        ]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()

    def examine(self, ledger: Ledger, progress: Progress) -> TableFacts:
        """Go through all rows once, in bounded memory."""
        path = self.place
        read, hashing = parts(progress, 5, 1)
        dialect = self._dialect(path)
        tallies: dict[str, Tally] = {}
        rows = 0
        for chunk in self.chunks(ledger, read, dialect):
            rows += len(chunk.lines)
            for column in chunk.frame.iter_columns():
                decimal = dialect.decimal if dialect else "."
                tallies.setdefault(column.name, Tally(column.name, decimal)).take(column, chunk.lines)
        if dialect:
            delimited.doubled(path, dialect, ledger)
            for name in dialect.names:
                tallies.setdefault(name, Tally(name, "."))
        columns = tuple(tally.facts() for tally in tallies.values())
        rows -= _bad_cells(tallies, columns, ledger)
        _about_columns(path, rows, columns, ledger)
        facts = TableFacts(
            self.fingerprint(hashing), sum(file.stat().st_size for file in _stored(path)), rows, ledger.bad, columns
        )
        if dialect is None:
            return facts
        return msgspec.structs.replace(
            facts,
            encoding=dialect.encoding,
            delimiter=dialect.delimiter,
            decimal=dialect.decimal,
            header=dialect.header,
        )

    @property
    def foretold(self) -> tuple[str, ...]:
        """The columns that are foretold, where that is a matter of columns."""
        return ()

    def _dialect(self, path: Path) -> Dialect | None:
        """How a delimited file is written, from the facts if they are there; None for other formats."""
        if not _is_delimited(path):
            return None
        return delimited.sniff(path, self.encoding, self.delimiter, self.decimal, self.header)

    def known_dialect(self) -> Dialect | None:
        """How the file was written when it was looked at."""
        facts = self.facts
        if not facts.delimiter:
            return None
        names = tuple(column.name for column in facts.columns)
        return Dialect(facts.encoding, facts.delimiter, facts.decimal, facts.header, names)

    def chunks(self, ledger: Ledger, progress: Progress, dialect: Dialect | None) -> Iterator[Chunk]:
        """All good rows as texts."""
        path = self.place
        if dialect is not None:
            return delimited.chunks(path, dialect, ledger, progress)
        if arrow.is_saved(path):
            return arrow.chunks(path, ledger, progress)
        return _parquet(path, ledger, progress) if path.suffix.lower() in PARQUET else _excel(path, ledger)


def _parquet(path: Path, ledger: Ledger, progress: Progress) -> Iterator[Chunk]:
    try:
        lazy = pl.scan_parquet(path)
        schema = lazy.collect_schema()
        rows = lazy.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(path, error) from error
    flat = [name for name, kind in schema.items() if not kind.is_nested() and kind != pl.Binary]
    for name in schema:
        if name not in flat:
            ledger.say(
                "nested_column", tr("Column {name!r} holds lists or bytes, so it is left out.", name=name), column=name
            )
    for start in range(0, rows, CHUNK_ROWS):
        frame = lazy.select(flat).slice(start, CHUNK_ROWS).collect()
        yield Chunk(frame.cast(pl.String), np.arange(start + 1, start + len(frame) + 1))
        progress((start + len(frame)) / rows)


def _excel(path: Path, ledger: Ledger) -> Iterator[Chunk]:
    try:
        frame = pl.read_excel(path, infer_schema_length=0)  # the first sheet, all cells as text
    except ImportError as error:
        told = tr("Excel files need one more package. Run: pip install netlab[excel], or save the sheet as CSV.")
        raise DataError(told) from error
    except Exception as error:  # the readers of Excel files have error types of their own
        raise _broken(path, error) from error
    yield Chunk(frame.cast(pl.String), np.arange(2, len(frame) + 2))


def _stored(path: Path) -> list[Path]:
    """The files that hold a table."""
    return arrow.files_of(path) if arrow.is_saved(path) else [path]


def _is_delimited(path: Path) -> bool:
    return path.suffix.lower() not in (*PARQUET, *EXCEL) and not arrow.is_saved(path)


def _broken(path: Path, error: Exception) -> DataError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return DataError(
        tr("{name} cannot be read as a table: {reason}. Save it again, or as CSV.", name=path.name, reason=reason)
    )


def _bad_cells(tallies: dict[str, Tally], columns: tuple[ColumnFacts, ...], ledger: Ledger) -> int:
    """Tell which rows have a cell that is no number where numbers are; how many there are."""
    lines: set[int] = set()
    for column in columns:
        if column.kind != "number":
            continue
        for line, text in tallies[column.name].bad:
            if line not in lines:
                lines.add(line)
                ledger.bad_row("bad_number", tr("{text!r:.80} is no number", text=text), line, column.name, text)
    return len(lines)


def _about_columns(path: Path, rows: int, columns: tuple[ColumnFacts, ...], ledger: Ledger) -> None:
    if not rows:
        message = tr("{name} has a line of names, but no good row below it. Choose a file with rows.", name=path.name)
        ledger.say("no_rows", message, ERROR)
        return
    for column in columns:
        if column.missing:
            message = tr(
                "{name!r} has no value in {count:,} of {rows:,} rows.",
                name=column.name,
                count=column.missing,
                rows=rows,
            )
            ledger.say("missing", message, NOTE, column.name, column.missing)
        if column.kind == "number" and column.low == column.high and not column.missing:
            ledger.say(
                "constant",
                tr("{name!r} is {low:g} in every row, so it tells nothing.", name=column.name, low=column.low),
                NOTE,
                column.name,
            )


def head_of(path: Path) -> list[ColumnFacts]:
    """What the columns of a delimited file or a saved folder hold, by its first rows; [] if it is neither."""
    decimal = "."
    try:
        if arrow.is_saved(path):
            head = next(arrow.chunks(path, Ledger()), None)
        elif _is_delimited(path):
            dialect = delimited.sniff(path)
            head, decimal = next(delimited.chunks(path, dialect, Ledger()), None), dialect.decimal
        else:
            return []
    except (DataError, OSError):
        return []
    if head is None:
        return []
    tallies = [Tally(name, decimal) for name in head.frame.columns]
    for tally in tallies:
        tally.take(head.frame[tally.name], head.lines)
    return [tally.facts() for tally in tallies]


def read_all(source: TableFile, ledger: Ledger, progress: Progress = silent) -> Iterator[Chunk]:
    """The rows of a table that was looked at, in its known dialect; DataError if columns have gone.

    Raises:
        DataError: the file is gone, cannot be read, or has other columns now.
    """
    facts, known = source.facts, source.known_dialect()
    try:
        ledger.whole += source.changed()
        if known is not None and facts.header:
            now = delimited.sniff(source.place, facts.encoding, _name_of(facts.delimiter), "point", "yes").names
            _same_columns(source, facts, now)
        first = True
        for chunk in source.chunks(ledger, progress, known):
            if first and known is None:
                _same_columns(source, facts, chunk.frame.columns)
            first = False
            yield chunk
    except OSError as error:
        raise source.unreadable(error) from error


def _name_of(sign: str) -> str:
    return next((name for name, known in delimited.DELIMITERS.items() if known == sign), "comma")


def _same_columns(source: TableFile, facts: TableFacts, now: tuple[str, ...] | list[str]) -> None:
    gone = [column.name for column in facts.columns if column.name not in now]
    if gone or (facts.delimiter and len(now) != len(facts.columns)):
        name = source.place.name
        raise DataError(
            tr(
                "The columns of {name} are not those it had ({value!r}). Choose it again.",
                name=name,
                value=gone[0] if gone else len(now),
            )
        )
