"""Blocks on the canvas: made from a selection, opened by double-click, left again, dissolved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.conftest import LEFT, Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from netlab.app.breadcrumb import Breadcrumb
from netlab.document import file

MakeWindow = Callable[..., Hand]
Example = Callable[..., Path]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NAMES = ("norm1a", "attention1", "residual1a", "norm1b", "expand1", "gelu1", "contract1", "residual1b")


def _make(hand: Hand) -> str:
    nodes = hand.session.project.graph.nodes
    hand.session.select([node.id for node in nodes.values() if node.name in NAMES])
    hand.key(Qt.Key.Key_G, CONTROL, hand.window)
    assert len(hand.session.selection) == 1
    return hand.session.selection[0]


def test_make_open_edit_leave_and_dissolve(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    before = file.encode(hand.session.project)
    block = _make(hand)
    assert not hand.session.inferred.blocking
    assert set(hand.canvas.scene_.nodes) == {n.id for n in hand.session.project.graph.inside("")}
    assert hand.canvas.scene_.nodes[block].layout_.inputs

    rect = hand.canvas.node_rect(block)
    QTest.mouseDClick(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, rect.center())
    hand.settle()
    assert hand.session.scope == block
    inside = {n.id for n in hand.session.project.graph.inside(block)}
    assert set(hand.canvas.scene_.nodes) == inside
    assert hand.window.findChild(Breadcrumb).isVisible()  # type: ignore[union-attr]

    added = hand.drop("dropout", QPoint(300, 40))
    assert hand.session.project.graph.nodes[added].parent == block
    hand.key(Qt.Key.Key_Z, CONTROL, hand.window)

    crumbs = [b for b in hand.window.findChild(Breadcrumb).findChildren(QToolButton) if b.isVisible()]  # type: ignore[union-attr]
    QTest.mouseClick(crumbs[0], Qt.MouseButton.LeftButton)
    assert hand.session.scope == ""
    hand.click_node(block)
    hand.key(Qt.Key.Key_G, CONTROL | SHIFT, hand.window)
    assert block not in hand.session.project.graph.nodes
    while hand.session.document.can_undo:
        hand.session.undo()
    assert file.encode(hand.session.project) == before


def test_undo_of_the_open_block_goes_back_to_the_model(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    block = _make(hand)
    hand.session.enter(block)
    hand.session.undo()
    assert hand.session.scope == ""
    assert set(hand.canvas.scene_.nodes) == set(hand.session.project.graph.nodes)
    hand.session.redo()
    assert block in hand.canvas.scene_.nodes


def test_a_copied_block_brings_its_content(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    block = _make(hand)
    count = len(hand.session.project.graph.inside(block))
    hand.key(Qt.Key.Key_D, CONTROL, hand.window)
    copy = hand.session.selection[0]
    assert copy != block
    assert len(hand.session.project.graph.inside(copy)) == count
    ports = [n.id for n in hand.session.project.graph.ports(copy, "block_input")]
    assert list(hand.canvas.scene_.nodes[copy].layout_.inputs) == ports
    hand.wire(block, hand.canvas.scene_.nodes[block].layout_.outputs[0], copy, ports[0])
    edge = next(e for e in hand.session.project.graph.edges.values() if e.target == copy)
    assert (edge.source, edge.target_port) == (block, ports[0])


def test_what_goes_into_a_block_again_is_selected_no_longer(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    _make(hand)
    hand.key(Qt.Key.Key_Z, CONTROL, hand.window)
    nodes = hand.session.project.graph.nodes
    hand.session.select([next(id for id, node in nodes.items() if node.name in NAMES)])
    hand.session.go_to(1)  # a click in the history
    assert hand.session.selection == []
    hand.key(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert set(hand.session.selection) <= set(hand.canvas.scene_.nodes)


def test_a_repeated_block_trains(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt", device="cpu"))
    block = _make(hand)
    hand.session.apply("Repeat", _set_repeat, block)
    assert not hand.session.inferred.blocking, hand.session.inferred.blocking[0].message
    assert hand.session.train()
    run = hand.session.run
    assert run is not None
    hand.qtbot.waitUntil(lambda: run.curve("train/loss")[0].size > 2, timeout=60_000)
    hand.qtbot.waitUntil(lambda: any(probe == "attention" for probe, _ in run.readings), timeout=10_000)
    hand.session.stop()
    hand.qtbot.waitUntil(lambda: not hand.session.is_running, timeout=30_000)


def _set_repeat(project: object, block: str) -> object:
    from netlab.document import edits

    return edits.set_options(project, block, {"mode": "repeat", "repeat": 2})  # type: ignore[arg-type]
