"""A sweep from the right click on an option to the best trial, by mouse and keys, with real engines."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import msgspec
import psutil
import pytest
from pyqtgraph import TextItem
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from netlab.app.sweeps.dialog import SweepDialog, proposal
from netlab.app.sweeps.plots import Parallel, Scale
from netlab.app.theme import color
from netlab.document import file
from netlab.document.file import write_atomically
from netlab.document.paths import set_by_path, settings
from netlab.options import Choice
from netlab.runs import store, sweeps, trash
from netlab.runs.axes import Axis, axis, option_of
from netlab.runs.sweeps import Drawn, Sweep, Trial
from netlab.runs.writer import RunWriter
from tests.app.conftest import Hand

LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def right_click(widget: QWidget) -> QMenu:
    """Open the context menu of a field."""
    at = widget.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def press(menu: QMenu, text: str) -> None:
    action = next(action for action in menu.actions() if action.text() == text)
    QTest.mouseClick(menu, LEFT, NO_KEYS, menu.actionGeometry(action).center())


def dialog(hand: Hand) -> SweepDialog:
    hand.settle()
    found = [d for d in hand.window.findChildren(SweepDialog) if d.isVisible()]
    assert len(found) == 1
    return found[0]


def test_an_option_is_swept_from_its_menu_to_the_best(
    make_window: Callable[..., Hand], example: Callable[..., Path], qtbot: QtBot
) -> None:
    hand = make_window(example("spirals", device="cpu"))
    node = next(n for n in hand.session.project.graph.nodes.values() if n.type == "linear")
    hand.session.select([node.id])
    hand.settle()
    press(right_click(hand.field("option/out_features")), "Sweep…")
    asked = dialog(hand)
    path = f"{node.name or node.id}.out_features"
    field = asked.findChild(QLineEdit, f"axis/{path}")
    assert field is not None
    assert field.text() == "16, 32, 64"
    hand.type(field, "4, x")  # Enter starts
    assert asked.wrong.isVisible()
    assert "whole number" in asked.wrong.text()
    field.setText("4, 8")
    asked.steps.setValue(20)
    asked.prune.setChecked(False)
    QTest.mouseClick(asked.start, LEFT)
    panel = hand.window.sweeps
    hand.settle()
    assert panel.isVisible()

    def done() -> bool:
        panel.refresh()
        return panel.state.text().startswith("Finished")

    qtbot.waitUntil(done, timeout=90_000)
    assert [trial.values[path] for trial in panel.trials] == [4, 8]
    assert sorted(panel.parallel.paths) == [0, 1]
    QTest.mouseClick(panel.best, LEFT)
    best = sweeps.best(panel.trials)
    assert best is not None
    assert hand.session.project.graph.nodes[node.id].options["out_features"] == best.values[path]
    assert hand.session.run is not None
    assert hand.session.run.folder == best.folder


def test_trials_are_drawn_and_chosen(make_window: Callable[..., Hand], example: Callable[..., Path]) -> None:
    path = example("spirals", device="cpu")
    project = file.load(path)
    rate, rule = "training.learning_rate", "training.optimizer"
    spec = Sweep([Axis(rate, low=1e-4, high=1e-1, log=True), Axis(rule, ["adam", "sgd"])], "random", trials=4)
    folder = sweeps.create(file.encode(project), spec, path.parent / "runs")
    drawn = [(1e-4, "adam", 0.9), (1e-2, "sgd", 0.2), (1e-1, "adam", float("nan"))]
    for number, (value, name, loss) in enumerate(drawn):
        each = set_by_path(project, f"{rate}={value}")
        run = store.create(file.encode(each), folder, f"trial-{number}")
        write_atomically(run / sweeps.TRIAL, msgspec.json.encode(Drawn(number, {rate: value, rule: name})))
        writer = RunWriter(run)
        writer.metrics(1, {"val/loss": loss})
        writer.status(state="finished", step=1)
        writer.close()
    hand = make_window(path)
    hand.window.show_view("Sweeps")
    hand.settle()
    panel = hand.window.sweeps
    assert [panel.table.topLevelItem(i).text(0) for i in range(3)] == ["0", "1", "2"]
    assert sorted(panel.parallel.paths) == [0, 1], "a trial without a number has no line"
    _, ys = panel.parallel.paths[1].getData()
    assert ys.tolist() == [1.0, 1.0, 0.0], "the larger rate, the second word, the lower loss"
    at = panel.table.visualItemRect(panel.table.topLevelItem(1)).center()
    QTest.mouseClick(panel.table.viewport(), LEFT, NO_KEYS, QPoint(20, at.y()))
    assert panel.parallel.paths[1].opts["pen"].width() == 3
    panel.tabs.setCurrentIndex(1)
    x, y = panel.scatter.points.getData()
    assert (x.tolist(), y.tolist()) == ([0.0, 1.0], [0.9, 0.2])
    assert panel.state.text() == "Not begun   3 of 4 trials"
    QTest.mouseClick(panel.away, LEFT)
    assert panel.empty.isVisible()
    assert not folder.exists()
    (gone,) = trash.deleted(path.parent / "runs")
    assert trash.restore(gone) == folder
    panel.refresh()
    assert len(panel.trials) == 3
    writer = RunWriter(folder / "trial-2")
    own = psutil.Process()
    writer.status(state="running", pid=own.pid, pid_start=own.create_time())
    writer.close()
    QTest.mouseClick(panel.away, LEFT)
    assert folder.exists(), "one of its trials is still being trained"


def test_names_and_numbers_of_many_settings_do_not_meet(qtbot: QtBot) -> None:
    picture = Parallel()
    qtbot.addWidget(picture)
    picture.resize(370, 500)
    axes = [Axis(f"a_rather_long_name_of_a_node_{i}.out_features", low=1e-5, high=1.0, log=True) for i in range(6)]
    losses = [0.03, 0.4, 0.9, 1000.0]
    trials = [
        Trial(i, Path(), {axis.path: 10.0 ** (-i - 1) for axis in axes}, "finished", 1, loss, "val/loss", "")
        for i, loss in enumerate(losses)
    ]
    picture.show()
    picture.show_trials(axes, trials, set())
    QApplication.processEvents()
    labels = [item for item in picture.item.items if isinstance(item, TextItem)]
    boxes = [label.mapRectToScene(label.boundingRect()) for label in labels]
    meeting = [
        (a.toPlainText(), b.toPlainText())
        for (a, one), (b, other) in combinations(zip(labels, boxes, strict=True), 2)
        if one.adjusted(4, 6, -4, -6).intersects(other.adjusted(4, 6, -4, -6))
    ]
    assert not meeting
    assert all(picture.rect().contains(box.toAlignedRect().adjusted(4, 4, -4, -4)) for box in boxes), (
        "nothing is cut off"
    )
    *_, last = picture.paths[2].getData()[1]
    assert last > 0.2, "one loss out of all bounds does not press the others together"
    assert picture.paths[0].opts["pen"].color() == color("good"), "the best is seen among many"


@pytest.mark.parametrize("name", ["spirals", "lenet"])
def test_what_is_proposed_for_a_setting_can_be_tried(name: str) -> None:
    project = file.load(Path(__file__).resolve().parents[2] / "examples" / f"{name}.netlab")
    for path, value in settings(project).items():
        if path != "data.source":
            option = option_of(project, path)
            found = axis(project, f"{path}={proposal(value, option)}")
            assert found.path == path
            assert not isinstance(option, Choice) or found.values == list(option.choices), "all there is to choose from"
            assert value in found.values or found.low <= value <= found.high


def test_a_scale_puts_values_where_they_belong() -> None:
    log = Scale([0.01, 1.0, 0.1], log=True)
    assert [round(log.at(value), 6) for value in (0.01, 0.1, 1.0)] == [0.0, 0.5, 1.0]
    assert Scale([7, 7]).at(7) == 0.5
    words = Scale(["b", "a", [1, 2]])
    assert sorted(words.at(value) for value in ("a", "b", [1, 2])) == [0.0, 0.5, 1.0]
