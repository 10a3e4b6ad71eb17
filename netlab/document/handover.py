"""A document on its way from one process to the next: with its whole history, its journal, and what the window adds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from netlab.document import diff as diffs
from netlab.document import file
from netlab.document.history import Change, Document
from netlab.document.home import journals
from netlab.document.journal import Journal, JournalError
from netlab.document.project import Project
from netlab.language import tr


class Handover(msgspec.Struct, frozen=True):
    """What is handed over.

    Attributes:
        project: the project as text of a file.
        path: the document's file, "" if it never had one.
        digest: SHA-256 of that file when it was last loaded or saved.
        journal: the crash journal, "" if none is kept. It holds the changes since the last save by itself.
        changes: label, time and diff of each undo step, undone ones included.
        position: how many of them are in effect.
        saved: the position that is on disk, None if it cannot be reached any more.
        seen: what the window wants to find again, by its own names.
    """

    project: str
    path: str
    digest: str
    journal: str
    changes: list[tuple[str, float, str]]
    position: int
    saved: int | None
    seen: dict[str, str] = {}


def write(document: Document, digest: str, seen: Mapping[str, str]) -> Path:
    """Write a document down for another process; it stays as it is here.

    Raises:
        FileError: there is no room, or no leave to write.
    """
    history = [(change.label, change.time, diffs.encode(change.diff).decode()) for change in document.changes]
    told = Handover(
        file.encode(document.project).decode(),
        str(document.path or ""),
        digest,
        str(document.journal.path) if document.journal is not None else "",
        history,
        document.position,
        document.saved,
        dict(seen),
    )
    folder = journals()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{document.journal.path.stem if document.journal is not None else 'document'}.handover"
    file.write_atomically(path, msgspec.json.encode(told))
    return path


def read(path: Path) -> tuple[Handover, Document]:
    """What was handed over, and the document, with its journal taken over or, if that cannot be, with a new one.

    Raises:
        FileError, DiffError, OSError: it is gone or damaged.
    """
    try:
        told = msgspec.json.decode(path.read_bytes(), type=Handover)
    except msgspec.MsgspecError as error:
        raise diffs.DiffError(str(error)) from error
    project = file.parse(told.project.encode())
    document = Document(project, Path(told.path) if told.path else None)
    document.changes = [Change(label, diffs.decode(text), when) for label, when, text in told.changes]
    document.position, document.saved = told.position, told.saved
    if told.journal:
        try:
            document.journal = _journal(told, document)
        except JournalError as error:
            document.journal_problem = str(error)
    return told, document


def _journal(told: Handover, document: Document) -> Journal:
    """The journal itself, brought up to date if a change could not be written to it; or one that begins at the save."""
    try:
        journal = Journal.reopen(Path(told.journal))
        known = journal.replay()[0]
    except JournalError:
        known = _saved(document)
        journal = Journal.open(journals(), document.path, base=known, saved_hash=told.digest)
    missing = diffs.between(known, document.project)
    if not missing.is_empty:
        journal.append(tr("Changes before the restart"), missing)
    return journal


def _saved(document: Document) -> Project:
    """The project as it is on disk, or as it was at the beginning if that cannot be reached any more."""
    project, at = document.project, document.position
    goal = document.saved if document.saved is not None else 0
    while at > goal:
        at -= 1
        project = diffs.patch(project, diffs.invert(document.changes[at].diff))
    while at < goal:
        project = diffs.patch(project, document.changes[at].diff)
        at += 1
    return project
