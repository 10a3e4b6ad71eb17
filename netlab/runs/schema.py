"""The tables of ``run.sqlite``. A reader asks for ids behind the last it saw; an id is never used twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

FILE = "run.sqlite"
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
CREATE TABLE IF NOT EXISTS status (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def connect_to_write(folder: Path) -> sqlite3.Connection:
    """Open for the one writer: WAL, so that readers never wait and never make it wait."""
    base = sqlite3.connect(folder / FILE, timeout=10, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=NORMAL")
    base.executescript(TABLES)
    return base


def copy_record(source: Path, target: Path) -> None:
    """Copy the record of one run into the folder of another, which has not begun."""
    reading = connect_to_read(source)
    if reading is None:
        return
    writing = sqlite3.connect(target / FILE)
    try:
        reading.backup(writing)
        writing.execute("UPDATE status SET value = 'new' WHERE key = 'state'")
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
