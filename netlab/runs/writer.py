"""Writes ``run.sqlite`` from a thread, so that a training step never waits for a disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from netlab.language import tr
from netlab.runs.schema import connect_to_write, count_again, take_in
from netlab.runs.store import RunError

FLUSH_SECONDS = 0.05
INSERTS = {
    "metrics": "INSERT INTO metrics (step, name, value, time) VALUES (?, ?, ?, ?)",
    "readings": "INSERT INTO readings (step, probe, node, time, summary) VALUES (?, ?, ?, ?, ?)",
    "marks": "INSERT INTO marks (step, kind, text, time) VALUES (?, ?, ?, ?)",
    "log": "INSERT INTO log (time, level, message, node, detail) VALUES (?, ?, ?, ?, ?)",
    "changes": "INSERT INTO changes (id, step, phase, command) VALUES (?, ?, ?, ?)",
    "status": "INSERT INTO status VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
}
logger = logging.getLogger(__name__)


class RunWriter:
    """The one writer of a run. Rows are handed over at once and written every 50 ms in one transaction.

    A disk that refuses keeps the rows waiting; they are tried again, and `close` says if some were lost. Handing over
    and writing have a lock each, so that nobody who hands over waits for a transaction.

    Raises:
        RunError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._base = connect_to_write(folder)
        except sqlite3.Error as error:
            message = tr(
                "The run in {folder} cannot be written: {error}. Check that the folder is there and writable.",
                folder=folder,
                error=error,
            )
            raise RunError(message) from error
        self._rows: list[tuple[str, tuple]] = []
        self._handing = threading.Lock()
        self._writing = threading.Lock()
        self._closing = threading.Event()
        self._refused = ""
        self._thread = threading.Thread(target=self._work, name="run writer", daemon=True)
        self._thread.start()

    def metrics(self, step: int, values: dict[str, float], at: float | None = None) -> None:
        """Record values of one step by metric name, such as ``train/loss``."""
        now = time.time() if at is None else at
        self._put(*[("metrics", (step, name, value, now)) for name, value in values.items()])

    def reading(self, step: int, probe: str, node: str, summary: bytes) -> None:
        """Record what a probe saw, as encoded by `netlab.protocol.summaries`."""
        self._put(("readings", (step, probe, node, time.time(), summary)))

    def mark(self, step: int, kind: str, text: str) -> None:
        """Record that something was changed, or noticed, at a step; curves show it."""
        self._put(("marks", (step, kind, text, time.time())))

    def log(self, level: str, message: str, node: str = "", detail: str = "") -> None:
        """Record a sentence for the user; `detail` is folded away."""
        self._put(("log", (time.time(), level, message, node, detail)))

    def status(self, **values: object) -> None:
        """Set keys such as ``state``, ``step`` or ``message``."""
        self._put(*[("status", (key, str(value))) for key, value in values.items()])

    def change(self, number: int, step: int, phase: str, command: bytes) -> None:
        """Record what was changed by hand, so that a run that goes back can do it again."""
        self._put(("changes", (number, step, phase, command)))

    def drop_changes(self, behind: int) -> None:
        """Drop the changes behind a number."""
        self._write()
        with self._writing:
            self._base.execute("DELETE FROM changes WHERE id > ?", (behind,))

    def last_mark(self) -> int:
        """The number of the newest mark, once everything handed over is written."""
        self._write()
        with self._writing:
            return self._base.execute("SELECT coalesce(max(id), 0) FROM marks").fetchone()[0]

    def forget_after(self, step: int, last_mark: int | None = None) -> None:
        """Drop what was recorded behind `step`, for a run that goes on from a checkpoint at that step.

        `last_mark` is the newest mark that the checkpoint knows of: some that are later are of the same step.
        """
        self._write()
        with self._writing:
            self._base.execute("BEGIN")
            for table in ("metrics", "readings", "marks"):
                self._base.execute(f"DELETE FROM {table} WHERE step > ?", (step,))
            count_again(self._base)
            if last_mark is not None:
                self._base.execute("DELETE FROM marks WHERE id > ?", (last_mark,))
            times = self._base.execute("SELECT value FROM status WHERE key = 'rewinds'").fetchone()
            for row in (("rewinds", str(int(times[0]) + 1 if times else 1)), ("rewound_to", str(step))):
                self._base.execute(INSERTS["status"], row)
            self._base.execute("COMMIT")

    def forget_validation(self, step: int) -> None:
        """Drop what was measured at a step on data that is not trained on, because it is measured again."""
        self._write()
        with self._writing:
            self._base.execute("BEGIN")
            self._base.execute("DELETE FROM metrics WHERE step = ? AND name LIKE 'val/%'", (step,))
            count_again(self._base)
            self._base.execute("COMMIT")

    def flush(self) -> None:
        """Write everything handed over so far; for the few moments when it matters."""
        self._write()

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._closing.set()
        self._thread.join()
        self._write()
        if self._rows:
            logger.error("%d rows of the run could not be written: %s", len(self._rows), self._refused)
        self._base.close()

    def _put(self, *rows: tuple[str, tuple]) -> None:
        with self._handing:
            self._rows.extend(rows)

    def _work(self) -> None:
        while not self._closing.wait(FLUSH_SECONDS):
            self._write()

    def _write(self) -> None:
        with self._writing:
            with self._handing:
                rows, self._rows = self._rows, []
            if not rows:
                return
            try:
                self._base.execute("BEGIN")
                for table, following in groupby(rows, itemgetter(0)):
                    self._base.executemany(INSERTS[table], [values for _, values in following])
                take_in(self._base, (values[1:3] for table, values in rows if table == "metrics"))
                self._base.execute("COMMIT")
            except sqlite3.Error as error:
                self._keep_for_later(rows, error)
                return
        if self._refused:
            self.log(
                "warning",
                tr("The disk refused for a while ({reason}). The metrics since then were kept.", reason=self._refused),
            )
            self._refused = ""

    def _keep_for_later(self, rows: list[tuple[str, tuple]], error: sqlite3.Error) -> None:
        if not self._refused:
            logger.warning("The run cannot be written now (%s); it is tried again.", error)
        self._refused = str(error)
        if self._base.in_transaction:
            self._base.execute("ROLLBACK")
        with self._handing:
            self._rows = _thinned(rows) + self._rows


def _thinned(rows: list[tuple[str, tuple]]) -> list[tuple[str, tuple]]:
    """All rows, but of each probe and node only the newest reading: these are big, and memory is not endless."""
    newest = {values[1:3]: i for i, (table, values) in enumerate(rows) if table == "readings"}
    return [row for i, row in enumerate(rows) if row[0] != "readings" or newest[row[1][1:3]] == i]
