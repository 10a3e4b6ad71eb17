"""What should not happen to a canvas, and does: nothing breaks, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import LEFT, NO_KEYS, Hand
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit

from netlab.app import clipboard
from netlab.document import edits, piece
from netlab.document.graph import Edge, Frame, Graph, Node
from netlab.document.piece import Piece
from netlab.document.project import Project
from netlab.document.values import MAX_NODES, plain
from netlab.layers.relu import ReLU

Keys, Button = Qt.KeyboardModifier, Qt.MouseButton


def chain(count: int) -> Piece:
    """So many wired ReLUs."""
    options = plain(ReLU().values)
    nodes = [Node(f"n{i}", "relu", options=options, x=i % 100 * 220.0, y=i // 100 * 110.0) for i in range(count)]
    edges = [Edge(f"e{i}", f"n{i - 1}", "y", f"n{i}", "x") for i in range(1, count) if i % 100]
    return Piece(nodes, edges)


def test_a_paste_of_as_many_nodes_as_a_graph_holds_is_one_step() -> None:
    whole = chain(MAX_NODES)
    sent = piece.decode(piece.encode(whole))
    project = piece.put_in(Project(), piece.renewed(sent, Graph(), 40.0))
    assert len(project.graph.nodes) == MAX_NODES
    with pytest.raises(edits.EditError, match="at most"):
        piece.put_in(project, piece.renewed(chain(1), project.graph, 40.0))


@pytest.mark.timeout(120)
def test_a_large_paste_reaches_the_canvas_and_is_undone(hand: Hand) -> None:
    data = QMimeData()
    data.setData(clipboard.MIME, piece.encode(chain(1500)))
    QApplication.clipboard().setMimeData(data)
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_V, Keys.ControlModifier)
    assert len(hand.canvas.scene_.nodes) == 1500
    assert len(hand.session.selection) == 1500
    hand.session.undo()
    assert not hand.canvas.scene_.nodes


STRANGE = {
    "cycle": Piece([Node("a", "relu"), Node("b", "relu")], [Edge("1", "a", "y", "b", "x"), Edge("2", "b", "y", "a", "x")]),
    "own parent": Piece([Node("a", "block", parent="a")], []),
    "in no block": Piece([Node("a", "relu"), Node("b", "relu", parent="a")], []),
    "endless place": Piece([Node("a", "relu", x=1e308), Node("b", "relu", x=-1e308)], []),
    "unknown kind": Piece([Node("a", "__import__('os')", options={"x": "${HOME}"})], []),
    "same id twice": Piece([Node("a", "relu"), Node("a", "tanh")], []),
    "wire to nowhere": Piece([Node("a", "relu")], [Edge("1", "zz", "y", "a", "x")]),
    "two wires": Piece([Node(i, "relu") for i in "abc"], [Edge("1", "a", "y", "c", "x"), Edge("2", "b", "y", "c", "x")]),
    "wild frame": Piece([], [], [Frame("f", "t" * 4000, "#" * 4000, width=-5.0, height=1e9, color="no colour")]),
    "odd words": Piece([Node("a", "linear", name="\u202e\u0000<b>x", options={"out_features": "many"})], []),
}  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_a_hostile_clipboard_is_pasted_safely_or_refused(hand: Hand, strange: Piece) -> None:
    data = QMimeData()
    data.setData(clipboard.MIME, piece.encode(strange))
    QApplication.clipboard().setMimeData(data)
    hand.window.paste()
    hand.window.grab()
    hand.canvas.fit()
    hand.window.copy()
    while hand.session.document.can_undo:
        hand.session.undo()
    assert not hand.session.project.graph.nodes
    assert not hand.canvas.scene_.nodes


def test_a_frame_that_is_edited_may_go_meanwhile(hand: Hand) -> None:
    hand.session.apply("Frame", edits.add_frame, Frame("f1", "F"))
    hand.canvas.frame_requested.emit("f1")
    hand.settle()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    hand.session.undo()
    dialog.accept()
    hand.settle()
    assert not hand.session.project.graph.frames


def test_a_node_that_is_edited_may_go_meanwhile(hand: Hand) -> None:
    node = hand.canvas.add_layer("linear")
    assert node is not None
    field = hand.field("option/out_features")
    line = field.findChild(QLineEdit)
    assert line is not None
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_A, Keys.ControlModifier)
    QTest.keyClicks(line, "77")
    hand.session.undo()
    QTest.keyClick(line, Qt.Key.Key_Return)
    hand.settle()
    assert not hand.session.project.graph.nodes
    hand.canvas.add_layer("relu")
    hand.canvas.offer_replacements(next(iter(hand.session.project.graph.nodes)))
    hand.session.undo()
    QTest.keyClicks(hand.canvas.quick_add.field, "tanh")
    QTest.keyClick(hand.canvas.quick_add.field, Qt.Key.Key_Return)
    hand.settle()
    assert [n.type for n in hand.session.project.graph.nodes.values()] == ["tanh"]


@pytest.mark.parametrize("gesture", ["cut", "lasso", "frame", "size", "box", "keys"])
def test_undo_in_the_middle_of_any_gesture(hand: Hand, gesture: str) -> None:
    one, two = hand.canvas.add_layer("relu", QPointF(0, 0)), hand.canvas.add_layer("tanh", QPointF(300, 0))
    hand.session.apply("Connect", edits.connect, one, "y", two, "x")
    hand.session.apply("Frame", edits.add_frame, Frame("f1", "F", x=-150, y=-80, width=560, height=220))
    hand.canvas.fit()
    item = hand.canvas.scene_.frames.items["f1"]
    at = hand.canvas.mapFromScene
    start, keys, button = {
        "cut": (at(QPointF(150, -20)), Keys.ControlModifier, Button.RightButton),
        "lasso": (at(QPointF(150, 90)), Keys.ControlModifier, LEFT),
        "frame": (at(item.mapToScene(item.title_rect().center())), NO_KEYS, LEFT),
        "size": (at(item.mapToScene(item.corner_rect().center())), NO_KEYS, LEFT),
        "box": (at(QPointF(150, 90)), NO_KEYS, LEFT),
        "keys": (QPoint(), NO_KEYS, LEFT),
    }[gesture]
    hand.canvas.setFocus()
    if gesture == "keys":
        hand.session.select([one])
        hand.key(Qt.Key.Key_W)
    else:
        QTest.mousePress(hand.viewport, button, keys, start)
        QTest.mouseMove(hand.viewport, start + QPoint(30, 40))
    assert hand.canvas.tool is not None
    while hand.session.document.can_undo:
        hand.key(Qt.Key.Key_Z, Keys.ControlModifier)
        QTest.mouseMove(hand.viewport, start + QPoint(20, 60))
    QTest.mouseRelease(hand.viewport, button, keys, start + QPoint(30, 40))
    assert not hand.session.project.graph.nodes
    while hand.session.document.can_redo:
        hand.session.redo()
    graph = hand.session.project.graph
    assert set(hand.canvas.scene_.nodes) == set(graph.nodes) == {one, two}
    record = graph.frames["f1"]
    assert (item.frame.width, hand.canvas.scene_.frames.items["f1"].size.width()) == (record.width, record.width)


def test_a_window_of_one_pixel(make_window: Callable[..., Hand], example: Callable[..., Path]) -> None:
    hand = make_window(example("lenet"))
    hand.canvas.setMinimumSize(0, 0)
    hand.window.resize(1, 1)
    hand.canvas.resize(1, 1)
    hand.settle()
    hand.canvas.fit()
    hand.canvas.fit_selection()
    hand.canvas.open_quick_add(QPointF(0, 0))
    hand.window.command_palette.open_all()
    hand.settle()
    QTest.keyClick(hand.window.command_palette.field, Qt.Key.Key_Escape)
    QTest.mouseClick(hand.viewport, LEFT, NO_KEYS, QPoint(0, 0))
    hand.canvas.add_layer("relu")
    hand.window.resize(900, 700)
    hand.settle()
    hand.window.grab()
    assert hand.canvas.zoom > 0


@pytest.mark.parametrize("ratio", [2.0, 1.25])
def test_a_screen_of_another_scale(
    make_window: Callable[..., Hand], example: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, ratio: float
) -> None:
    """The window is moved to another screen: every picture is made anew for its pixels, and lies in its old place."""
    hand = make_window(example("lenet"))
    graph = hand.canvas.scene_.graph
    hand.qtbot.waitUntil(lambda: graph.is_finished)
    before = hand.canvas.grab().toImage()
    made_for = lambda: {round(i.sprite_scale / hand.canvas.zoom, 6) for i in graph.nodes.items}  # noqa: E731
    monkeypatch.setattr(hand.viewport, "devicePixelRatioF", lambda: ratio)
    for kind in (QEvent.Type.ScreenChangeInternal, QEvent.Type.DevicePixelRatioChange):
        QApplication.sendEvent(hand.viewport, QEvent(kind))
    hand.viewport.update()
    hand.qtbot.waitUntil(lambda: graph.is_finished and made_for() == {ratio})
    assert {item.sprite.devicePixelRatio() for item in graph.nodes.items if item.sprite is not None} == {ratio}
    monkeypatch.undo()
    hand.viewport.update()
    hand.qtbot.waitUntil(lambda: graph.is_finished and made_for() == {1.0})
    assert hand.canvas.grab().toImage() == before
