"""The panel of runs, by mouse and keys, on runs that were really recorded."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLineEdit, QMessageBox

from netlab.app.runs.panel import RunsPanel
from netlab.app.runs.table import KEY
from netlab.document import edits, file
from netlab.runs import queue, store, trash
from netlab.runs.about import about, describe
from netlab.runs.writer import RunWriter
from tests.app.conftest import Hand

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def panel(make_window: Callable[..., Hand], example: Callable[..., Path]) -> RunsPanel:
    """The panel of a project with three runs; the third has another learning rate and one node less."""
    path = example("spirals", device="cpu")
    project = file.load(path)
    node = next(n.id for n in project.graph.nodes.values() if n.type == "tanh")
    other = edits.remove(edits.set_training(project, "learning_rate", 0.5), [node])
    for i, each in enumerate((project, project, other)):
        folder = store.create(file.encode(each), path.parent / "runs", f"run-{i}")
        writer = RunWriter(folder)
        for step in range(1, 21):
            writer.metrics(step, {"train/loss": (i + 1) / step, "val/loss": (i + 2) / step})
        writer.status(state="finished", step=20, started=float(i))
        writer.close()
    hand = make_window(path)
    hand.window.show_view("Runs")
    hand.settle()
    return hand.window.runs


def click(panel: RunsPanel, name: str, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = panel.table.visualItemRect(item(panel, name)).center()
    at.setX(20)
    QTest.mouseClick(panel.table.viewport(), LEFT, modifiers, at)


def item(panel: RunsPanel, name: str):
    found = [panel.table.topLevelItem(i) for i in range(panel.table.topLevelItemCount())]
    return next(one for one in found if one.data(0, KEY) == name)


def listed(panel: RunsPanel) -> list[str]:
    return [panel.table.topLevelItem(i).data(0, KEY) for i in range(panel.table.topLevelItemCount())]


def test_runs_are_compared_by_curve_setting_and_graph(panel: RunsPanel, qtbot) -> None:
    assert listed(panel) == ["run-2", "run-1", "run-0"]
    click(panel, "run-2")
    click(panel, "run-0", SHIFT)
    qtbot.waitUntil(lambda: sorted(panel.overlay.curves) == ["run-0", "run-1", "run-2"], timeout=20_000)
    assert panel.overlay.choice.currentText() == "val/loss"
    x, y = panel.overlay.curves["run-2"].getData()
    assert (len(x), y[0]) == (20, 4.0)
    told = panel.differences.text.text()
    assert "training.learning_rate" in told
    assert "0.5" in told
    assert "node added" in told or "node removed" in told
    click(panel, "run-1")
    qtbot.waitUntil(lambda: list(panel.overlay.curves) == ["run-1"], timeout=20_000)
    told = panel.differences.text.text()
    assert "run-0" in told, "one run is compared with the one before it"
    same = panel.differences.same.text()
    assert "same settings and the same graph. The losses differ from step 1 on: 1 and 2." in same


def test_a_run_is_made_again_and_compared(panel: RunsPanel, qtbot) -> None:
    click(panel, "run-1")
    store.extend(panel.runs["run-1"].path, steps=20)
    panel._open_menu(panel.table.visualItemRect(item(panel, "run-1")).center())
    menu = QApplication.activePopupWidget()
    action = next(a for a in menu.actions() if a.text() == "Run again")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    run = panel.session.run
    assert run is not None
    assert store.job(run.folder) == store.Job(steps=20, again="run-1")
    qtbot.waitUntil(lambda: run.status.get("state") == "finished", timeout=60_000)
    panel.refresh()
    click(panel, run.folder.name)
    told = panel.differences.same.text()
    assert "The losses differ from step 1 on" in told, "the first was invented"
    assert "torch unknown → 2" in told
    again = store.again(run.folder)
    store.copy_record(run.folder, again, step=20)
    panel.refresh()
    click(panel, again.name)
    assert "The same numbers, to the bit, in all 20 steps they have in common." in panel.differences.same.text()


def test_a_run_is_found_by_its_note_and_named_in_place(panel: RunsPanel) -> None:
    at = panel.table.visualItemRect(item(panel, "run-1")).center()
    at.setX(20)
    QTest.mouseClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseDClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    field = panel.table.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "The wide one")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert about(panel.root / "run-1").name == "The wide one"
    panel.refresh()
    QTest.keyClicks(panel.search, "wide")
    assert listed(panel) == ["run-1"]
    panel.search.clear()
    assert len(listed(panel)) == 3


def test_a_name_is_typed_to_its_end_while_another_run_goes_on(panel: RunsPanel, qtbot) -> None:
    at = panel.table.visualItemRect(item(panel, "run-1")).center()
    at.setX(20)
    QTest.mouseClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseDClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    field = panel.table.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "The wi")
    writer = RunWriter(panel.root / "run-2")
    writer.status(step=21)
    writer.close()
    panel.refresh()
    QTest.keyClicks(field, "de one")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert about(panel.root / "run-1").name == "The wide one"
    qtbot.waitUntil(lambda: item(panel, "run-2").text(2) == "21", timeout=20_000)


def test_a_log_is_exported_from_the_menu_of_its_run(
    panel: RunsPanel, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "log.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    click(panel, "run-1")
    panel._open_menu(panel.table.visualItemRect(item(panel, "run-1")).center())
    menu = QApplication.activePopupWidget()
    action = next(a for a in menu.actions() if a.text() == "Export its log as CSV…")
    with qtbot.waitSignal(panel.window().exporter.done, timeout=60_000) as told:
        QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    assert told.args == [True]
    assert out.read_text().splitlines()[1].startswith("1,train/loss,2.0,")


def test_a_deleted_run_comes_back(panel: RunsPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    click(panel, "run-1")
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert listed(panel) == ["run-2", "run-0"]
    assert [path.parent.name for path in trash.deleted(panel.root)] == [".trash"]
    menu = panel.trash_button.menu()
    menu.aboutToShow.emit()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    menu.actions()[-1].trigger()
    assert trash.deleted(panel.root), "not without being asked"
    menu.actions()[0].trigger()
    assert listed(panel) == ["run-2", "run-1", "run-0"]
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    menu.aboutToShow.emit()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    menu.actions()[-1].trigger()
    assert not list((panel.root / ".trash").glob("*"))


def test_many_runs_leave_room_for_their_curves_whatever_they_are_called(panel: RunsPanel, qtbot) -> None:
    project = (panel.root / "run-0" / "project.netlab").read_bytes()
    for i in range(12):
        folder = store.create(project, panel.root, f"other-{i}")
        describe(folder, name="<b>a & b</b> <br>" + "学习率" * 30)
        writer = RunWriter(folder)
        writer.metrics(1, {"val/loss": float(i)})
        writer.close()
    store.create(project, panel.root, "fresh")
    panel.refresh()
    panel.table.selectAll()
    qtbot.waitUntil(lambda: len(panel.overlay.curves) == 15, timeout=20_000)
    assert item(panel, "fresh").text(1) == "Not begun"
    legend = panel.overlay.legend
    assert "&lt;b&gt;a" in legend.text()
    assert re.search(r"… and \d+ more", legend.text())
    assert panel.overlay.plot.height() > legend.height()


def test_a_run_is_watched_by_double_click_on_its_state(panel: RunsPanel) -> None:
    rect = panel.table.visualItemRect(item(panel, "run-0"))
    at = rect.center()
    at.setX(panel.table.columnViewportPosition(1) + 10)
    QTest.mouseClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseDClick(panel.table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert panel.session.run is not None
    assert panel.session.run.folder.name == "run-0"


@pytest.mark.skipif(os.name == "nt", reason="signals as on Unix")
def test_a_queued_run_waits_in_sight_and_can_be_stopped(panel: RunsPanel, qtbot) -> None:
    with queue.place(panel.root):  # somebody trains already
        QTest.mouseClick(panel.queue_button, LEFT)
        new = {store.list_runs(panel.root)[i].name for i in range(4)} - {"run-0", "run-1", "run-2"}
        (name,) = new

        def waits() -> bool:
            panel.refresh()
            return panel.runs[name].state == "queued"

        qtbot.waitUntil(waits, timeout=20_000)
        assert item(panel, name).text(1) == "Waiting for its turn"
        from netlab.protocol import commands

        commands.append(panel.root / name, commands.Stop())

        def stopped() -> bool:
            panel.refresh()
            return panel.runs[name].state == "stopped"

        qtbot.waitUntil(stopped, timeout=20_000)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_a_run_is_trained_on_another_machine(
    panel: RunsPanel, qtbot, line: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = line / "netlab"  # NetLab as it is installed over there
    there.write_text(f'#!/bin/sh\ncd "$LINE"\nexec {sys.executable} -m netlab "$@"\n')
    there.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("bad host", True))
    action = panel.window().actions_["train_elsewhere"]
    action.trigger()
    assert panel.session.run is None
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("gpu1", True))
    action.trigger()
    run = panel.session.run
    assert run is not None
    qtbot.waitUntil(lambda: int(run.status.get("step", 0)) > 5, timeout=60_000)
    assert run.status["device"] == "cpu on gpu1"
    (other,) = (found.parent for found in (line / "runs").glob("*/project.netlab"))
    panel.session.stop()
    qtbot.waitUntil(lambda: run.status["state"] in ("stopped", "finished"), timeout=60_000)
    assert (run.folder / "model.py").read_bytes() == (other / "model.py").read_bytes()
