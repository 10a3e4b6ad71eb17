"""Another language at once: the window starts anew as another process, and nothing of the work is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from netlab.app import restarting
from netlab.app.preferences_dialog import PreferencesDialog
from netlab.document import edits, file, handover
from netlab.document.home import journals
from netlab.document.journal import Journal, pending
from tests.app.conftest import ROOT, Hand

FIRST = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox
from netlab.app import restarting, start
from netlab.app.preferences_dialog import PreferencesDialog
from netlab.app.training.jobs import Jobs
from netlab.document import edits

Jobs.warm_up = lambda self: None
second, path, folder = sys.argv[1:]
restarting.COMMAND = (sys.executable, second)
made = start.make_window

def work(window):
    session = window.session
    for title in ("One", "Two", "Three"):
        session.apply("Title " + title, edits.set_title, title)
    session.undo()
    session.attach(Path(folder))
    session.select([next(iter(session.project.graph.nodes))])
    window.canvas.set_zoom(0.5)
    dialog = PreferencesDialog(window)
    dialog.show()
    assert not dialog.restart.isEnabled()
    dialog.findChild(QComboBox, "option/language").setCurrentText("简体中文")
    dialog.restart.click()

def make(*args, **more):
    window = made(*args, **more)
    QTimer.singleShot(300, lambda: work(window))
    return window

start.make_window = make
sys.exit(start.main(path))
"""

SECOND = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from netlab import language
from netlab.app import restarting, start
from netlab.app.training.jobs import Jobs

Jobs.warm_up = lambda self: None
take_up = restarting.take_up

def tell(window):
    session = window.session
    told = {
        "title": session.project.title, "labels": [change.label for change in session.document.changes],
        "position": session.document.position, "dirty": session.document.is_dirty,
        "path": str(session.document.path), "run": str(session.run.folder), "selection": session.selection,
        "zoom": window.canvas.zoom, "language": language.language(), "asked": window.banner.isVisible(),
        "journal": len(session.document.journal),
    }
    for _ in range(session.document.position):
        session.undo()
    told["first title"] = session.project.title
    for _ in range(3):
        session.redo()
    told["last title"] = session.project.title
    told["saved"] = session.save()
    Path(OUT).write_text(json.dumps(told), "utf-8")
    window.close()

def take(window):
    take_up(window)
    QTimer.singleShot(300, lambda: tell(window))

restarting.take_up = take
sys.exit(start.main(None))
"""


def test_all_of_it_comes_back_in_the_other_language(
    example: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    path, out, run = example("perceptron"), tmp_path / "told.json", tmp_path / "run"
    run.mkdir()
    for name, text in (("first.py", FIRST), ("second.py", SECOND.replace("OUT", repr(str(out))))):
        (tmp_path / name).write_text(text, "utf-8")
    title, node = file.load(path).title, next(iter(file.load(path).graph.nodes))
    command = [sys.executable, str(tmp_path / "first.py"), str(tmp_path / "second.py"), str(path), str(run)]
    done = subprocess.run(command, cwd=ROOT, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    until = time.monotonic() + 60
    while not out.exists() or not out.read_text("utf-8"):
        assert time.monotonic() < until, "the second process told nothing"
        time.sleep(0.05)
    told = json.loads(out.read_text("utf-8"))
    assert told["title"] == "Two"
    assert told["labels"] == ["Title One", "Title Two", "Title Three"]  # what was undone, too
    assert (told["position"], told["dirty"], told["journal"]) == (2, True, 4)
    assert (told["first title"], told["last title"]) == (title, "Three")
    assert told["path"] == str(path)
    assert told["run"] == str(run)
    assert told["selection"] == [node]
    assert told["zoom"] == pytest.approx(0.5)
    assert told["language"] == "zh_CN"
    assert not told["asked"]
    assert told["saved"]
    assert file.load(path).title == "Three"
    while list(journals().iterdir()):
        assert time.monotonic() < until, "something of the handing over was left behind"
        time.sleep(0.05)


def test_what_cannot_start_leaves_the_window_and_its_journal(
    make_window: Callable[..., Hand], example: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = make_window(example("perceptron"), keep_journal=True)
    hand.session.apply("Rename", edits.set_title, "Kept")
    monkeypatch.setattr(restarting, "COMMAND", ("/there/is/no/such/program",))
    dialog = PreferencesDialog(hand.window)
    dialog.show()
    box = dialog.findChild(QComboBox, "option/language")
    assert box is not None
    box.setCurrentText("简体中文")
    QTest.mouseClick(dialog.restart, Qt.MouseButton.LeftButton)
    assert hand.window.isVisible()
    assert "cannot start anew" in hand.window.banner.text.text()
    hand.session.apply("Rename", edits.set_title, "Kept again")
    journal = hand.session.document.journal
    assert journal is not None
    assert [change.label for change in journal.replay()[1]] == ["Rename", "Rename"]
    assert not list(journals().glob("*.handover"))
    dialog.reject()


def test_a_journal_that_misses_a_change_is_brought_up_to_date(
    make_window: Callable[..., Hand], example: Callable[..., Path]
) -> None:
    hand = make_window(example("perceptron"), keep_journal=True)
    document = hand.session.document
    hand.session.apply("Rename", edits.set_title, "In the journal")
    journal, document.journal = document.journal, None
    hand.session.apply("Rename", edits.set_title, "Not in the journal")
    document.journal = journal
    assert journal is not None
    path = handover.write(document, "", {})
    journal.release()
    document.journal = None
    told, taken = handover.read(path)
    assert (told.position, taken.position, taken.project) == (2, 2, document.project)
    assert taken.journal is not None
    assert taken.journal.replay()[0] == document.project
    taken.journal.release()
    assert [recovery.title for recovery in pending(journals())] == ["Not in the journal"]  # even if it crashes now

    Journal.reopen(Path(told.journal)).discard()  # or the journal is gone: another begins at what is on disk
    _, taken = handover.read(path)
    assert taken.journal is not None
    assert (taken.journal.base().title, taken.journal.replay()[0].title) == (
        file.load(document.path or "").title,
        "Not in the journal",
    )
    taken.journal.discard()
