"""The tables of ``run.sqlite``. A reader asks for ids behind the last it saw; an id is never used twice.

``overview`` has the newest value of each metric, and the lowest and highest of those that are finite, so that nobody
has to go through a million rows for them. A run of an earlier version has none until it goes on.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

FILE = "run.sqlite"
BRANCHED = "branched"  # in the status of a branch until its engine has gone on from its parent's checkpoint
TABLES = """
CREATE TABLE IF NOT EXISTS metrics (
    id INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, name TEXT NOT NULL, value REAL, time REAL NOT NULL);
CREATE TABLE IF NOT EXISTS readings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, probe TEXT NOT NULL, node TEXT NOT NULL,
    time REAL NOT NULL, summary BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
    time REAL NOT NULL);
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL,
    node TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS overview (name TEXT PRIMARY KEY, value REAL, low REAL, high REAL);
CREATE TABLE IF NOT EXISTS changes (
    id INTEGER PRIMARY KEY, step INTEGER NOT NULL, phase TEXT NOT NULL, command BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS status (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def connect_to_write(folder: Path) -> sqlite3.Connection:
    """Open for the one writer: WAL, so that readers never wait and never make it wait."""
    base = sqlite3.connect(folder / FILE, timeout=10, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=NORMAL")
    base.executescript(TABLES)
    query = "SELECT EXISTS (SELECT 1 FROM metrics) AND NOT EXISTS (SELECT 1 FROM overview)"
    if base.execute(query).fetchone()[0]:  # a run of an earlier version goes on
        base.execute("BEGIN")
        count_again(base)
        base.execute("COMMIT")
    return base


FINITE = 1.7976931348623157e308
TAKE_IN = """
INSERT INTO overview VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value,
    low = min(coalesce(low, excluded.low), coalesce(excluded.low, low)),
    high = max(coalesce(high, excluded.high), coalesce(excluded.high, high))"""
COUNT_AGAIN = f"""
INSERT INTO overview SELECT name, (SELECT value FROM metrics WHERE id = last), low, high FROM (
    SELECT name, max(id) AS last, min(CASE WHEN abs(value) <= {FINITE!r} THEN value END) AS low,
        max(CASE WHEN abs(value) <= {FINITE!r} THEN value END) AS high FROM metrics GROUP BY name)"""


def take_in(base: sqlite3.Connection, values: Iterable[tuple[str, float | None]]) -> None:
    """Take new values of metrics into the overview, oldest first, in the transaction that writes them."""
    found: dict[str, list[float | None]] = {}
    for name, value in values:
        known = found.setdefault(name, [None, None, None])
        known[0] = value
        if value is not None and abs(value) <= FINITE:
            known[1] = value if known[1] is None or value < known[1] else known[1]
            known[2] = value if known[2] is None or value > known[2] else known[2]
    base.executemany(TAKE_IN, [(name, *known) for name, known in found.items()])


def count_again(base: sqlite3.Connection) -> None:
    """Make the overview anew, in the transaction that took rows away."""
    base.execute("DELETE FROM overview")
    base.execute(COUNT_AGAIN)


def copy_record(source: Path, target: Path, step: int) -> None:
    """Copy the record of one run up to a step into the folder of another, which has not begun."""
    reading = connect_to_read(source)
    if reading is None:
        return
    writing = sqlite3.connect(target / FILE)
    try:
        reading.backup(writing)
        writing.executescript(TABLES)  # an older record may lack some
        for table in ("metrics", "readings", "marks"):
            writing.execute(f"DELETE FROM {table} WHERE step > ?", (step,))
        count_again(writing)
        writing.execute("DELETE FROM status WHERE key NOT IN ('total_steps', 'seed')")  # it has no life of its own yet
        told = (("state", "new"), ("step", step), ("started", time.time()), (BRANCHED, "yes"))
        writing.executemany("INSERT INTO status VALUES (?, ?)", [(key, str(value)) for key, value in told])
        writing.commit()
    finally:
        writing.close()
        reading.close()


def connect_to_read(folder: Path) -> sqlite3.Connection | None:
    """Open for reading only; None while there is nothing to read."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        base = sqlite3.connect(address, uri=True, timeout=0.2, isolation_level=None, check_same_thread=False)
        base.execute("SELECT 1 FROM status LIMIT 1")
    except sqlite3.Error:  # the writer is just making the tables
        return None
    return base
