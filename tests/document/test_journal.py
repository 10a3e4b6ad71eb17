from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from netlab.document import edits, file
from netlab.document.history import Document
from netlab.document.home import home, journals
from netlab.document.journal import Journal, JournalError, pending
from netlab.document.project import Project

CHILD = """
import sys
from pathlib import Path
from netlab.document import edits
from netlab.document.history import Document
from netlab.document.journal import Journal
document = Document(journal=Journal.open(Path(sys.argv[1]), "/some/where/x.netlab"))
for i in range(10**9):
    document.apply(f"Step {i}", edits.set_title, f"title {i}")
    assert not document.journal_problem
    print(i, flush=True)
"""


def test_survives_sigkill(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            if int(line) >= 20:
                break
        assert pending(tmp_path) == [], "a living process owns the journal"
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split("\n")
    child.wait()
    told = max([20, *[int(line) for line in rest[:-1] if line]])
    (recovery,) = pending(tmp_path)
    assert recovery.count >= told + 1
    assert recovery.path == Path("/some/where/x.netlab")
    journal = Journal.reopen(recovery.journal)
    project, changes, since = journal.replay()
    assert (len(changes), journal.lost) == (recovery.count, 0)
    assert project.title == recovery.title == f"title {recovery.count - 1}"
    assert since == recovery.since
    document = Document(Project())
    document.restore(changes)
    assert document.project == project
    assert document.undo_label == f"Step {recovery.count - 1}"
    journal.discard()
    assert os.listdir(tmp_path) == []


def test_undo_is_one_more_change(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, base=Project(title="start"))
    document = Document(Project(title="start"), journal=journal)
    document.apply("a", edits.set_title, "a")
    document.undo()
    document.redo()
    document.apply("b", edits.set_training, "seed", 1)
    project, changes, _ = journal.replay()
    assert file.encode(project) == file.encode(document.project)
    assert [change.label for change in changes] == ["a", "Undo a", "Redo a", "b"]
    journal.discard()


def test_saving_starts_anew(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    document = Document(journal=journal)
    document.apply("a", edits.set_title, "a")
    document.mark_saved(tmp_path / "a.netlab", "abc")
    assert len(journal) == 0
    document.apply("b", edits.set_title, "b")
    journal._connection.close()
    (recovery,) = pending(tmp_path)
    again = Journal.reopen(recovery.journal)
    assert (again.saved_hash, again.document) == ("abc", tmp_path / "a.netlab")
    assert again.base().title == "a"
    assert again.replay()[0].title == "b"
    again.discard()


def test_closing_without_changes_leaves_nothing(tmp_path: Path) -> None:
    Journal.open(tmp_path).close()
    assert os.listdir(tmp_path) == []


def test_a_full_disk_costs_no_change(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    document = Document(journal=journal)
    pages = journal._connection.execute("pragma page_count").fetchone()[0]
    journal._connection.execute(f"pragma max_page_count={pages}")
    for i in range(3):
        document.apply("long", edits.set_about, str(i) * 60000)
    assert "disk" in document.journal_problem
    assert document.project.about[0] == "2", "the edit counts all the same"
    journal._connection.execute("pragma max_page_count=100000")
    document.apply("short", edits.set_title, "x")
    assert document.journal_problem == ""
    assert journal.replay()[0] == document.project
    journal.discard()


def test_damaged_journals_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(b"not a database, but long enough to look at" * 100)
    (tmp_path / "b.journal").write_bytes(b"")
    sqlite3.connect(tmp_path / "c.journal").close()
    assert pending(tmp_path) == []
    with pytest.raises(JournalError, match="damaged"):
        Journal.reopen(tmp_path / "a.journal")
    with pytest.raises(JournalError):
        Journal.open(tmp_path / "a.journal" / "folder")
    assert len(os.listdir(tmp_path)) >= 2


def test_a_row_that_does_not_fit_ends_the_replay(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    document = Document(journal=journal)
    document.apply("a", edits.set_title, "a")
    journal._connection.execute("insert into changes (time, label, diff) values (1, 'x', '{')")
    document.apply("b", edits.set_title, "b")
    project, changes, _ = journal.replay()
    assert (project.title, len(changes), journal.lost) == ("a", 1, 2)
    journal.discard()


def test_home_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLAB_HOME", str(tmp_path / "made" / "here"))
    assert home() == tmp_path / "made" / "here"
    assert journals() == home() / "journals"
    assert stat.S_IMODE(home().stat().st_mode) & 0o077 == 0 or os.name != "posix"
    monkeypatch.delenv("NETLAB_HOME")
    assert home().name == "netlab"
