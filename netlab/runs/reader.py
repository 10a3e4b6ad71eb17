"""Reads a run, live or long over: the same code for watching, replaying and rejoining."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import psutil

from netlab.protocol.summaries import Summary, decode
from netlab.runs.schema import FINITE, connect_to_read

LATEST_ROWS = 5000
STRETCH = 10_000  # rows that are read in a few hundredths of a second, so that a window stays awake
LIVE = ("queued", "starting", "running", "paused")
Curve = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Reading:
    """What a probe saw of a node at a step."""

    step: int
    probe: str
    node: str
    summary: Summary


@dataclass(frozen=True)
class Mark:
    """Something that was changed or noticed at a step: a learning rate, a best validation loss."""

    step: int
    kind: str
    text: str


@dataclass(frozen=True)
class LogLine:
    """A sentence from the engine."""

    time: float
    level: str
    message: str
    node: str
    detail: str


@dataclass(frozen=True)
class Update:
    """What is new since the last poll.

    Attributes:
        metrics: new steps and values by metric name.
        readings, log, marks: new rows, oldest first.
        status: all keys as they stand now.
        rewound_to: a step behind which everything read earlier is void, because the run went back to a
            checkpoint; None if it did not.
    """

    metrics: dict[str, Curve] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    status: dict[str, str] = field(default_factory=dict)
    rewound_to: int | None = None
    marks: list[Mark] = field(default_factory=list)


class RunReader:
    """Follows the run in `folder`. Never writes, never waits for the writer."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._base: sqlite3.Connection | None = None
        self._last = {"metrics": 0, "readings": 0, "log": 0, "marks": 0}
        self._rewinds: str | None = None  # how often the run had gone back to a checkpoint when we last read

    def poll(self, rows: int = 200_000) -> Update:
        """Everything new, at most `rows` rows of metrics; an empty update while there is no file yet."""
        base = self._open()
        if base is None:
            return Update()
        before = dict(self._last)
        try:
            base.execute("BEGIN")  # one view of all tables: a state is never newer than the metrics beside it
            metrics = self._new(base, "metrics", "step, name, value", rows)
            newest = self._newest_readings(base)
            log = [LogLine(*row) for row in self._new(base, "log", "time, level, message, node, detail", 1000)]
            status = dict(base.execute("SELECT key, value FROM status"))
            marks = [Mark(*row) for row in self._new(base, "marks", "step, kind, text", 1000)]
            return Update(_curves(metrics), newest, log, status, self._rewound(status), marks)
        except sqlite3.DatabaseError:  # locked for a moment: the next poll gets it, nothing counts as read
            self._last = before
            return Update()
        finally:
            if base.in_transaction:
                base.execute("COMMIT")

    def skip(self) -> None:
        """Count all that is there by now as read."""
        for table in self._last:
            newest = self._ask(f"SELECT max(id) FROM {table}")
            self._last[table] = (newest[0][0] if newest else None) or 0

    def _rewound(self, status: dict[str, str]) -> int | None:
        known, self._rewinds = self._rewinds, status.get("rewinds", "0")
        return int(status["rewound_to"]) if known not in (None, self._rewinds) else None

    def metrics(self, name: str) -> Curve:
        """All steps (int64) and values (float64) of one metric, in order of recording."""
        return _arrays(self._ask("SELECT step, value FROM metrics WHERE name = ? ORDER BY id", name))

    def stretch(self, name: str, after: int = 0, rows: int = STRETCH) -> tuple[Curve, int]:
        """One metric bit by bit: its values among the next `rows` rows of all metrics, and the id of the last of these.

        It is `after` again when there are no more rows for now.
        """
        newest = self._ask("SELECT max(id) FROM metrics")
        last = max(after, min(after + rows, newest[0][0] or 0 if newest else 0))
        query = "SELECT step, value FROM metrics WHERE id > ? AND id <= ? AND name = ? ORDER BY id"
        return _arrays(self._ask(query, after, last, name) if last > after else []), last

    def names(self) -> list[str]:
        """Names of all metrics recorded."""
        found = self._ask("SELECT name FROM overview ORDER BY name")
        return [row[0] for row in found or self._ask("SELECT DISTINCT name FROM metrics ORDER BY name")]

    def extremes(self, name: str) -> tuple[float, float] | None:
        """The lowest and the highest finite value of a metric; None if there is none."""
        found = self._ask("SELECT low, high FROM overview WHERE name = ?", name)
        if not found:
            query = "SELECT min(value), max(value) FROM metrics WHERE name = ? AND abs(value) <= ?"
            found = self._ask(query, name, FINITE)
        return None if not found or found[0][0] is None else (found[0][0], found[0][1])

    def rows(self) -> Iterator[tuple[int, str, float | None, float]]:
        """Every value in order of recording: step, metric, value (None where it was no number), seconds since 1970."""
        base = self._open()
        if base is not None:
            yield from base.execute("SELECT step, name, value, time FROM metrics ORDER BY id")

    def latest(self) -> dict[str, float]:
        """The newest value of each metric; of a run of an earlier version, of those that its last rows have."""
        rows = self._ask("SELECT name, value FROM overview")
        rows = rows or self._ask("SELECT name, value FROM metrics ORDER BY id DESC LIMIT ?", LATEST_ROWS)
        return {name: np.nan if value is None else value for name, value in reversed(rows)}

    def status(self) -> dict[str, str]:
        """All status keys; ``state`` is ``lost`` if the engine is gone without having said so."""
        status = dict(self._ask("SELECT key, value FROM status"))
        if status.get("state") in LIVE and not is_alive(status):
            status["state"] = "lost"
        return status

    def log(self) -> list[LogLine]:
        """All that the engine said, oldest first."""
        return [LogLine(*row) for row in self._ask("SELECT time, level, message, node, detail FROM log ORDER BY id")]

    def warnings(self, behind: int = 0) -> list[tuple[int, str]]:
        """Number and sentence of each warning behind a number, oldest first."""
        return self._ask("SELECT id, message FROM log WHERE level = 'warning' AND id > ? ORDER BY id", behind)

    def marks(self) -> list[Mark]:
        """Everything that was changed or noticed, oldest first."""
        return [Mark(*row) for row in self._ask("SELECT step, kind, text FROM marks ORDER BY id")]

    def changes(self, behind: int = 0) -> list[tuple[int, str, bytes]]:
        """Step, phase and encoded command of each change by hand behind a number, oldest first; they count from 1."""
        return self._ask("SELECT step, phase, command FROM changes WHERE id > ? ORDER BY id", behind)

    def reading_steps(self, probe: str, node: str) -> list[int]:
        """The steps at which a probe looked at a node."""
        rows = self._ask("SELECT step FROM readings WHERE probe = ? AND node = ? ORDER BY id", probe, node)
        return [row[0] for row in rows]

    def reading_at(self, probe: str, node: str, step: int) -> Reading | None:
        """The last reading at or before a step; the first one if there is none before."""
        start = "SELECT step, probe, node, summary FROM readings WHERE probe = ? AND node = ? "
        rows = self._ask(start + "AND step <= ? ORDER BY id DESC LIMIT 1", probe, node, step)
        rows = rows or self._ask(start + "ORDER BY id LIMIT 1", probe, node)
        return next(iter(_readings(rows)), None)

    def watched(self) -> list[tuple[str, str]]:
        """Pairs of probe and node that have readings."""
        rows = self._ask("SELECT DISTINCT probe, node FROM readings ORDER BY probe, node")
        return [(probe, node) for probe, node in rows]

    def close(self) -> None:
        """Let go of the file."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _open(self) -> sqlite3.Connection | None:
        if self._base is None:
            self._base = connect_to_read(self.folder)
        return self._base

    def _ask(self, query: str, *values: object) -> list[tuple]:
        """Rows of a query; none while there is no file, or if it is locked or damaged."""
        base = self._open()
        try:
            return [] if base is None else base.execute(query, values).fetchall()
        except sqlite3.DatabaseError:
            return []

    def _new(self, base: sqlite3.Connection, table: str, columns: str, limit: int) -> list[tuple]:
        query = f"SELECT id, {columns} FROM {table} WHERE id > ? ORDER BY id LIMIT ?"
        rows = base.execute(query, (self._last[table], limit)).fetchall()
        if rows:
            self._last[table] = rows[-1][0]
        return [row[1:] for row in rows]

    def _newest_readings(self, base: sqlite3.Connection) -> list[Reading]:
        """The newest new reading of each probe and node: a picture that was overtaken need not be drawn."""
        query = "SELECT max(id), step, probe, node, summary FROM readings WHERE id > ? GROUP BY probe, node ORDER BY 1"
        rows = base.execute(query, (self._last["readings"],)).fetchall()
        if rows:
            self._last["readings"] = rows[-1][0]
        return _readings([row[1:] for row in rows])


def is_alive(status: dict[str, str]) -> bool:
    """Whether the process that wrote this status still runs: same id and same start, and no zombie."""
    try:
        process = psutil.Process(int(status.get("pid", "0")))
        same = abs(process.create_time() - float(status.get("pid_start", "0"))) < 2
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError):
        return False


def status_of(folder: Path) -> dict[str, str]:
    """All status keys of a run, as `RunReader.status` gives them."""
    reader = RunReader(folder)
    try:
        return reader.status()
    finally:
        reader.close()


def open_run(folder: Path | str) -> RunReader:
    """A reader for a run folder; `RunError` if it is none."""
    from netlab.runs.store import find_run

    return RunReader(find_run(folder))


def _readings(rows: list[tuple]) -> list[Reading]:
    """Readings of rows; a summary of a kind that this version does not know is left out."""
    found = []
    for step, probe, node, summary in rows:
        with suppress(msgspec.DecodeError):
            found.append(Reading(step, probe, node, decode(summary)))
    return found


def _curves(rows: list[tuple]) -> dict[str, Curve]:
    by_name: dict[str, list[tuple]] = {}
    for step, name, value in rows:
        by_name.setdefault(name, []).append((step, value))
    return {name: _arrays(pairs) for name, pairs in by_name.items()}


def _arrays(rows: list[tuple]) -> Curve:
    steps = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    values = np.fromiter((np.nan if row[1] is None else row[1] for row in rows), np.float64, len(rows))
    return steps, values
