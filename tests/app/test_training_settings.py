"""The training settings and a run that is led by hand, by real mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDialog, QDialogButtonBox, QLabel, QWidget

from netlab.app.device_field import DeviceField
from netlab.app.schedule_curve import ScheduleCurve
from netlab.document import edits
from netlab.document.graph import Frame
from netlab.document.training import node_training
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.writer import RunWriter

MakeWindow = Callable[..., Any]
Example = Callable[..., Any]


def form(hand: Any) -> QWidget:
    """The inspector's content as it is now: an edit builds it anew."""
    hand.settle()
    return hand.window.docks["Inspector"].widget()


def curve(hand: Any) -> ScheduleCurve:
    found = form(hand).findChild(ScheduleCurve)
    assert found is not None
    return found


def names(hand: Any) -> set[str]:
    fields = form(hand).findChildren(QWidget)
    return {w.objectName().partition("/")[2] for w in fields if w.objectName().startswith("option/")}


def choose(hand: Any, option: str, word: str) -> None:
    combo = form(hand).findChild(QComboBox, f"option/{option}")
    assert combo is not None
    combo.setFocus()
    QTest.keyClicks(combo, word)


def test_the_form_shows_what_the_chosen_optimizer_reads(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals"))
    assert {"beta1", "beta2"} <= names(hand)
    choose(hand, "optimizer", "sgd")
    assert hand.session.project.training["optimizer"] == "sgd"
    assert {"momentum", "nesterov"} <= names(hand)
    assert "beta1" not in names(hand)
    hand.session.undo()
    assert "beta1" in names(hand)


def test_the_schedule_is_drawn_before_the_run_and_by_hand(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals", learning_rate=0.01))
    assert set(curve(hand).rates()) == {0.01}
    choose(hand, "schedule", "cosine")
    falling = curve(hand).rates()
    assert falling[0] == 0.01
    assert falling == sorted(falling, reverse=True)
    choose(hand, "schedule", "drawn")
    widget = curve(hand)
    points = widget.points
    start = widget._place(points[1])
    target = QPointF(start.x() + 60, start.y() + 15)
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=start.toPoint())
    QTest.mouseMove(widget, QPoint(int(start.x()) + 30, int(start.y()) + 5))
    QTest.mouseMove(widget, target.toPoint())
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=target.toPoint())
    changed = hand.session.project.training["schedule_points"]
    assert len(changed) == 3
    assert changed[1][0] > points[1][0]
    assert changed[1][1] < points[1][1]
    QTest.mouseDClick(curve(hand), Qt.MouseButton.LeftButton, pos=QPoint(int(target.x()) + 60, int(target.y()) + 8))
    assert len(hand.session.project.training["schedule_points"]) == 4
    QTest.mousePress(curve(hand), Qt.MouseButton.RightButton, pos=curve(hand)._place(curve(hand).points[2]).toPoint())
    assert len(hand.session.project.training["schedule_points"]) == 3
    hand.session.undo()
    assert len(hand.session.project.training["schedule_points"]) == 4


def test_a_run_is_led_by_keys_and_marked_on_the_curve(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals", epochs=4000, device="cpu"))
    assert hand.session.train()
    run = hand.session.run
    hand.qtbot.waitUntil(lambda: int(run.status.get("step", 0)) > 10, timeout=60_000)
    panel = hand.window.docks["Training"].widget()
    engine = psutil.Process(int(run.status["pid"]))
    engine.suspend()  # as one is that is in the middle of a long step
    QTest.keyClick(hand.window, Qt.Key.Key_F6)
    assert panel.state.text() == "Pausing after this step…"
    assert not panel.pause.isEnabled()
    engine.resume()
    hand.qtbot.waitUntil(lambda: run.status.get("state") == "paused", timeout=10_000)
    assert (panel.state.text(), panel.pause.text(), panel.pause.isEnabled()) == ("Paused", "Go on", True)
    step = int(run.status["step"])
    node = next(n.id for n in hand.session.project.graph.nodes.values() if n.name == "hidden1")
    hand.session.select([node])
    QTest.keyClick(hand.window, Qt.Key.Key_F8, Qt.KeyboardModifier.ControlModifier)
    hand.qtbot.waitUntil(lambda: run.status.get("phase") == "forward", timeout=10_000)
    QTest.keyClick(hand.window, Qt.Key.Key_F8)
    hand.qtbot.waitUntil(lambda: int(run.status["step"]) == step + 1, timeout=10_000)
    tabs = hand.window.docks["Views"].widget().tabs
    hand.qtbot.waitUntil(
        lambda: {"Value", "Gradient", "Change of weights"} <= {tabs.tabText(i) for i in range(tabs.count())},
        timeout=10_000,
    )
    hand.session.set_learning_rate(0.0005)
    hand.qtbot.waitUntil(lambda: any("0.0005" in mark.text for mark in run.marks), timeout=10_000)
    hand.qtbot.waitUntil(lambda: bool(panel.curves.plots["loss"].marks), timeout=10_000)
    hand.session.stop()
    assert panel.state.text() == "Stopping after this step…"
    hand.qtbot.waitUntil(lambda: run.status["state"] == "stopped", timeout=20_000)


def test_how_a_node_learns_is_set_by_keys(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals", learning_rate=0.01))
    node = next(n.id for n in hand.session.project.graph.nodes.values() if n.name == "hidden1")
    hand.session.select([node])
    field = form(hand).findChild(QWidget, "option/learning_rate_factor")
    hand.type(field, "0.1")
    assert dict(hand.session.project.graph.nodes[node].training) == {"learning_rate_factor": 0.1}
    labels = [label.text() for label in form(hand).findChildren(QLabel)]
    assert any("η = 0.001 here" in text for text in labels)
    box = form(hand).findChild(QCheckBox, "freeze")
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert hand.session.project.graph.nodes[node].frozen
    assert form(hand).findChild(QWidget, "option/learning_rate_factor") is None, "what is frozen has no rate"
    hand.session.undo()
    hand.session.undo()
    assert not hand.session.project.graph.nodes[node].training
    act = next(n.id for n in hand.session.project.graph.nodes.values() if n.type == "tanh")
    hand.session.select([act])
    assert form(hand).findChild(QCheckBox, "freeze") is None, "it has no weights"


def test_how_the_nodes_in_a_frame_learn_is_set_in_its_dialog(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals", learning_rate=0.01))
    graph = hand.session.project.graph
    inside, outside = (next(n for n in graph.nodes.values() if n.name == name) for name in ("hidden1", "hidden2"))
    hand.session.apply("Frame", edits.add_frame, Frame("f1", "Slow", x=inside.x - 30, y=inside.y - 50, height=160))
    hand.canvas.fit()
    item = hand.canvas.scene_.frames.items["f1"]
    title = hand.canvas.mapFromScene(item.mapToScene(item.title_rect().center()))
    QTest.mouseDClick(hand.viewport, Qt.MouseButton.LeftButton, pos=title)
    hand.settle()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    for option, words in (("learning_rate_factor", "0.1"), ("weight_decay_factor", "0"), ("frozen_epochs", "3")):
        field = dialog.findChild(QWidget, f"option/{option}")
        assert field is not None
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, words)
        QTest.keyClick(field, Qt.Key.Key_Tab)
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    QTest.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton)
    hand.settle()
    told = {"learning_rate_factor": 0.1, "weight_decay_factor": 0.0, "frozen_epochs": 3}
    graph = hand.session.project.graph
    assert dict(graph.frames["f1"].training) == told == node_training(graph, graph.nodes[inside.id])
    assert node_training(graph, graph.nodes[outside.id])["frozen_epochs"] == 0
    hand.session.select([inside.id])
    labels = [label.text() for label in form(hand).findChildren(QLabel)]
    assert "η = 0.001 here. The frames and blocks around it count, too." in labels
    hand.session.undo()
    assert not hand.session.project.graph.frames["f1"].training, "all of it is one step"


def test_devices_are_shown_with_their_memory_and_shares_only_among_several(
    make_window: MakeWindow, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeviceField, "known", [])
    hand = make_window(example("spirals"))
    assert "parallel" not in names(hand)
    field = form(hand).findChild(QComboBox, "option/device")
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    hand.qtbot.waitUntil(lambda: "GB free" in field.itemText(field.findData("cpu")), timeout=60_000)
    QTest.keyClick(field.view(), Qt.Key.Key_Down)
    QTest.keyClick(field.view(), Qt.Key.Key_Return)
    assert hand.session.project.training["device"] == "cpu"
    gpus = [{"device": f"cuda:{i}", "name": "H100", "free": free, "total": 8e10} for i, free in enumerate((1e10, 7e10))]
    monkeypatch.setattr(DeviceField, "known", gpus)
    hand.session.apply("Two", edits.set_training, "processes", 2)
    assert "parallel" in names(hand)
    field = form(hand).findChild(QComboBox, "option/device")
    assert [field.itemText(i) for i in range(2, 6)] == [
        "cuda: H100, 70.0 of 80.0 GB free",
        "cuda:0: H100, 10.0 of 80.0 GB free",
        "cuda:1: H100, 70.0 of 80.0 GB free",
        "mps: not on this machine",
    ]
    QTest.keyClick(form(hand).findChild(QComboBox, "option/parallel"), Qt.Key.Key_Down)
    assert hand.session.project.training["parallel"] == "fsdp"


def test_a_run_follows_the_project_it_was_made_from_and_no_other(make_window: MakeWindow, example: Example) -> None:
    path, other = example("perceptron"), example("spirals")
    hand = make_window(path)
    folder = store.create(path.read_bytes(), path.parent / "runs")
    writer = RunWriter(folder)
    process = psutil.Process()  # an engine that lives
    writer.status(state="running", step=1, pid=process.pid, pid_start=process.create_time())
    writer.close()
    hand.session.attach(folder)
    told = folder / "commands.jsonl"
    rate = hand.window.docks["Training"].widget().rate
    hand.type(rate, "0.25")
    assert commands.decode(told.read_bytes().splitlines()[-1]) == commands.SetLearningRate(0.25)
    before = told.read_bytes()
    hand.session.document.mark_saved()
    hand.window.open_path(other)
    assert hand.session.is_running
    hand.type(rate, "0.125")
    assert hand.session.project.training["learning_rate"] == 0.125
    assert told.read_bytes() == before, "the learning rate of another project"
    assert "is of another project" in hand.window.banner.text.text()
    hand.session.attach(None)
