"""What can be tried before a run, by menu and mouse, with the answers of a real engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton

from netlab.app.training import asking
from netlab.app.training.rate_dialog import RateDialog
from netlab.app.training.sanity_dialog import SanityDialog
from netlab.document import edits
from netlab.runs import store

LEFT = Qt.MouseButton.LeftButton
Example = Callable[..., Path]


def dialog(hand: Any, kind: type[asking.Asking]) -> Any:
    found = hand.window.findChildren(kind)[-1]
    hand.qtbot.waitUntil(lambda: not found.bar.isVisible(), timeout=90_000)
    hand.settle()
    return found


def test_a_learning_rate_is_found_and_used_as_one_step(make_window: Callable[..., Any], example: Example) -> None:
    hand = make_window(example("spirals", device="cpu", learning_rate=0.5))
    hand.window.actions_["rate"].trigger()
    found = dialog(hand, RateDialog)
    x, y = found.curve.getData()
    assert len(x) == len(y) > 50
    assert 1e-4 < found.rate < 1
    assert f"{found.rate:g}" in found.use.text()
    box = found.plot.item.vb.sceneBoundingRect()
    place = found.plot.mapFromScene(box.center())
    QTest.mouseClick(found.plot.viewport(), LEFT, pos=place)
    hand.settle()
    chosen = found.rate
    (low, high), _ = found.plot.item.viewRange()
    assert 0.8 < chosen / 10 ** ((low + high) / 2) < 1.25, "a click into the curve chooses the rate there"
    QTest.mouseClick(found.use, LEFT)
    assert hand.session.project.training["learning_rate"] == chosen
    hand.session.undo()
    assert hand.session.project.training["learning_rate"] == 0.5


def test_a_model_is_checked_and_the_faulty_node_shown(make_window: Callable[..., Any], example: Example) -> None:
    hand = make_window(example("spirals", device="cpu"))
    node = next(n.id for n in hand.session.project.graph.nodes.values() if n.type == "tanh")
    nothing = {"factor": 0.0, "divide_by_sqrt_of_last": False}
    hand.session.apply("Break", edits.set_node, node, type="scale", options=nothing)
    hand.window.actions_["sanity"].trigger()
    found = dialog(hand, SanityDialog)
    words = [label.text() for label in found.findChildren(QLabel)]
    assert "✗" in words
    assert any("sends only zeros" in text for text in words)
    assert any(text.startswith("The model") for text in words), "one batch was tried by heart"
    show = next(b for b in found.findChildren(QPushButton) if b.text() == "Show")
    QTest.mouseClick(show, LEFT)
    assert hand.session.selection == [node]
    found.reject()
    hand.settle()


def test_a_run_goes_on_from_a_kept_moment_by_a_click_on_the_curve(
    make_window: Callable[..., Any], example: Example
) -> None:
    path = example("spirals", device="cpu", keep_epochs=2, epochs=4)
    folder = store.create(path.read_bytes(), path.parent / "runs", "first")
    subprocess.run([sys.executable, "-m", "netlab.engine", "train", folder], check=True)
    hand = make_window(path)
    hand.session.attach(folder)
    panel = hand.window.docks["Training"].widget().curves
    hand.qtbot.waitUntil(lambda: len(panel.kept) == 2 and "loss" in panel.plots, timeout=10_000)
    panel.redraw()
    hand.settle()
    plot = panel.plots["loss"]
    spot = plot.kept.points()[0]
    place = plot.mapFromScene(plot.item.vb.mapViewToScene(spot.pos()))
    QTest.mouseMove(plot.viewport(), place)
    QTest.mouseClick(plot.viewport(), LEFT, pos=place)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    (action,) = menu.actions()
    assert action.text() == f"Go on from step {panel.kept[0]:,} in a run of its own"
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    run = hand.session.run
    job = store.job(run.folder)
    assert (job.parent, job.parent_step) == ("first", store.step_of(store.checkpoints(folder, "kept")[0]))
    hand.qtbot.waitUntil(lambda: run.status.get("state") == "finished", timeout=60_000)
    assert len(run.curve("train/loss")[0]) == int(run.status["step"])
