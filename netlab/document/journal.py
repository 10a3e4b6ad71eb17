"""The crash journal: every change is on disk before the window says so, until the document is saved.

A journal is a small SQLite database (WAL, synchronous=FULL). Its owner holds SQLite's exclusive lock for as long
as it lives; the system frees the lock when the process dies, however it dies. So a journal that can be opened is
one that nobody owns any more, and no process id, which may be in use again, has to be believed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from netlab.document import diff as diffs
from netlab.document import file
from netlab.document.diff import Diff
from netlab.document.project import Project
from netlab.language import tr

if TYPE_CHECKING:
    from netlab.document.history import Change

SCHEMA = """
create table if not exists about (key text primary key, value blob not null);
create table if not exists changes (
    id integer primary key, time real not null, label text not null, diff text not null
);
"""


class JournalError(ValueError):
    """A journal that cannot be written or read, as a sentence."""


class Recovery(msgspec.Struct, frozen=True):
    """Changes that a crash left behind.

    Attributes:
        title: the project's title.
        path: the document's file, or None if it never had one.
        count: how many changes there are.
        since: when the first was made, in seconds since 1970.
        journal: the journal's file.
    """

    title: str
    path: Path | None
    count: int
    since: float
    journal: Path


class Journal:
    """The journal of one open document. Make it with `Journal.open` or `Journal.reopen`.

    Attributes:
        path: the database's file.
        document: the document's file, or None.
        saved_hash: SHA-256 of the document's file when it was last loaded or saved.
        lost: how many rows the last `replay` could not use.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._waiting: list[tuple[float, str, str]] = []
        self.lost = 0
        about = dict(connection.execute("select key, value from about"))
        self.document = Path(about["path"]) if about.get("path") else None
        self.saved_hash: str = about.get("saved_hash", "")
        self._base: bytes = about.get("base", b"")

    @classmethod
    def open(
        cls,
        folder: Path,
        document_path: str | Path | None = None,
        *,
        base: Project | None = None,
        saved_hash: str = "",
    ) -> Journal:
        """Start a journal in `folder` for a document whose saved state is `base` (a new project if not given).

        Raises:
            JournalError: the folder cannot be written to.
        """
        name = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{secrets.token_hex(4)}.journal"
        path = folder / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            connection = _connect(path, timeout=2)
            connection.executescript(SCHEMA)
            _describe(connection, document_path, saved_hash, Project() if base is None else base)
        except (OSError, sqlite3.Error) as problem:
            raise _unwritten(problem) from problem
        return cls(path, connection)

    @classmethod
    def reopen(cls, path: Path) -> Journal:
        """Take over a journal that a crash left behind.

        Raises:
            JournalError: it is in use, or is no journal.
        """
        connection = None
        try:
            connection = _connect(path)
            connection.execute("begin immediate")
            connection.execute("commit")
            return cls(path, connection)
        except (OSError, sqlite3.Error, KeyError, TypeError) as problem:
            if connection is not None:
                connection.close()
            raise JournalError(
                tr("The journal {name} is in use or damaged: {problem}.", name=path.name, problem=problem)
            ) from problem

    def append(self, label: str, diff: Diff) -> None:
        """Keep a change; when this returns, it survives a crash of the program and of the machine.

        Raises:
            JournalError: it could not be written. It is tried again with the next change, so that none is missing.
        """
        self._waiting.append((time.time(), label, diffs.encode(diff).decode()))
        try:
            with self._transaction():
                self._connection.executemany("insert into changes (time, label, diff) values (?, ?, ?)", self._waiting)
        except (OSError, sqlite3.Error) as problem:
            raise _unwritten(problem) from problem
        self._waiting.clear()

    def __len__(self) -> int:
        return self._connection.execute("select count(*) from changes").fetchone()[0]

    def base(self) -> Project:
        """The project as it was when the journal began. Raises `JournalError` if it is damaged."""
        try:
            return file.parse(bytes(self._base))
        except file.FileError as problem:
            raise JournalError(
                tr("The journal {name} is damaged: {problem}", name=self.path.name, problem=problem)
            ) from problem

    def replay(self, project: Project | None = None) -> tuple[Project, list[Change], float]:
        """Make the changes again, from `project` or from where the journal began.

        Returns the project, the changes, and when the first of them was made. Stops at a row that does not fit;
        `lost` says how many were left out.
        """
        from netlab.document.history import Change  # history needs this module

        project = self.base() if project is None else project
        try:
            rows = self._connection.execute("select time, label, diff from changes order by id").fetchall()
        except sqlite3.Error as problem:
            raise JournalError(
                tr("The journal {name} is damaged: {problem}.", name=self.path.name, problem=problem)
            ) from problem
        done: list[Change] = []
        for when, label, text in rows:
            try:
                diff = diffs.decode(text)
                project = diffs.patch(project, diff)
            except diffs.DiffError:
                break
            done.append(Change(label, diff, when))
        self.lost = len(rows) - len(done)
        return project, done, rows[0][0] if rows else time.time()

    def clear(self, saved_hash: str, base: Project | None = None, document_path: str | Path | None = None) -> None:
        """Begin anew after a save: `base` is what was saved, and `saved_hash` the SHA-256 of its file."""
        base = self.replay()[0] if base is None else base
        document = self.document if document_path is None else Path(document_path)
        try:
            with self._transaction():
                self._connection.execute("delete from changes")
                _describe(self._connection, document, saved_hash, base)
        except (OSError, sqlite3.Error) as problem:
            raise _unwritten(problem) from problem
        self._waiting.clear()
        self.document, self.saved_hash, self._base = document, saved_hash, file.encode(base)

    def close(self) -> None:
        """Let go of the journal; one without changes is deleted, one with changes is found by `pending`."""
        with contextlib.suppress(sqlite3.Error):
            if len(self) == 0:
                self.discard()
                return
        self._connection.close()

    def release(self) -> None:
        """Let go of the journal and leave it there, for another process to take over."""
        self._connection.close()

    def discard(self) -> None:
        """Close the journal and delete it: the user does not want the changes."""
        self._connection.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("begin immediate")
        try:
            yield
            self._connection.execute("commit")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("rollback")
            raise


def pending(folder: Path) -> list[Recovery]:
    """The journals with changes that no living process owns, the newest first. Damaged ones are left alone."""
    found: list[Recovery] = []
    for path in folder.glob("*.journal"):
        try:
            journal = Journal.reopen(path)
        except JournalError:
            continue
        try:
            project, changes, since = journal.replay()
        except JournalError:
            journal._connection.close()
            continue
        if changes:
            found.append(Recovery(project.title, journal.document, len(changes), since, path))
        journal.close()
    return sorted(found, key=lambda recovery: recovery.since, reverse=True)


def _connect(path: Path, timeout: float = 0) -> sqlite3.Connection:
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("pragma locking_mode=exclusive")
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _describe(connection: sqlite3.Connection, document_path: str | Path | None, saved_hash: str, base: Project) -> None:
    rows = {
        "path": str(Path(document_path).absolute()) if document_path else "",
        "saved_hash": saved_hash,
        "base": file.encode(base),
        "pid": str(os.getpid()),
    }
    connection.executemany("insert or replace into about (key, value) values (?, ?)", rows.items())


def _unwritten(problem: Exception) -> JournalError:
    return JournalError(
        tr(
            "Changes are not being kept for a crash: the journal could not be written ({problem}). Save soon, and "
            "check that the disk has room.",
            problem=problem,
        )
    )
