"""What is wrong with data, in words: one finding a fault, with its place; good rows are never lost over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec

from netlab.language import sentences, tr

ERROR, WARNING, NOTE = "error", "warning", "note"
LISTED = 100_000
SHOWN_TEXT = 300

Progress = Callable[[float], object]


def silent(share: float) -> None:
    """The progress callback of those who do not want to know."""


class Cancelled(Exception):
    """Raised by a progress callback to end what it watches; nothing is left behind."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    Attributes:
        code: stable name of the kind of fault, e.g. ``bad_number``.
        message: the sentence, with the remedy where there is one.
        severity: an ``error`` blocks training, a ``warning`` costs rows or trust, a ``note`` costs nothing.
        line: where it begins in the file, counted from 1; 0 where there are no lines.
        column: name of the column, file or field, "" where none is to blame.
        text: the original line or value, shortened.
        count: how many rows it concerns.
        costs: whether those rows are left out.
    """

    code: str
    message: str
    severity: str = WARNING
    line: int = 0
    column: str = ""
    text: str = ""
    count: int = 1
    costs: bool = False

    def __str__(self) -> str:
        if not self.line:
            return self.message
        if not self.column:
            return tr("line {line}: {fault}", line=self.line, fault=self.message)
        return tr("line {line}, column {column!r}: {fault}", line=self.line, column=self.column, fault=self.message)


class Ledger:
    """Collects findings. Faults of single rows are listed up to a limit and counted beyond it."""

    def __init__(self, listed: int = LISTED) -> None:
        self.listed = listed
        self.rows: list[Finding] = []
        self.whole: list[Finding] = []
        self.counts: Counter[str] = Counter()

    def bad_row(self, code: str, message: str, line: int = 0, column: str = "", text: str = "") -> None:
        """A row that is left out."""
        self.counts[code] += 1
        if len(self.rows) < self.listed:
            self.rows.append(Finding(code, message, WARNING, line, column, text[:SHOWN_TEXT], costs=True))

    def say(self, code: str, message: str, severity: str = WARNING, column: str = "", count: int = 1) -> None:
        """Something about the data as a whole."""
        self.whole.append(Finding(code, message, severity, column=column, count=count))

    @property
    def bad(self) -> int:
        """How many rows are left out."""
        return self.counts.total()

    def findings(self) -> tuple[Finding, ...]:
        """All findings: first those about the whole, then bad rows in the order of their lines."""
        hidden = self.bad - len(self.rows)
        more = [
            Finding(
                "more", tr("{hidden:,} more bad rows are counted but not listed.", hidden=hidden), NOTE, count=hidden
            )
        ]
        return (*self.whole, *sorted(self.rows, key=lambda f: f.line), *(more if hidden else ()))


def summary(findings: Iterable[Finding]) -> Iterator[str]:
    """A sentence for each kind of fault: how often, where first, and what."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.code, []).append(finding)
    for found in kinds.values():
        first = found[0]
        if not first.costs:
            yield from map(str, found)
        elif len(found) == 1:
            yield sentences(tr("1 row is left out."), str(first))
        else:
            yield tr(
                "{count:,} rows are left out ({code}), the first at {first}",
                count=len(found),
                code=first.code.replace("_", " "),
                first=first,
            )
