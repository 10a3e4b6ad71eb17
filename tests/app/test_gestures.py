"""The gestures beyond moving and wiring: cut, lasso, dots, snapping, frames, inserting, replacing, menus."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from app.conftest import LEFT, NO_KEYS, Hand
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QInputDevice, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from netlab.app.canvas.editing import add_dot
from netlab.app.canvas.tools.cut import CutTool
from netlab.app.canvas.tools.move import MoveTool
from netlab.app.preferences import set_preference
from netlab.app.theme import FRAME, wire_color
from netlab.compiler.flows import flows
from netlab.document import edits

Keys, Button = Qt.KeyboardModifier, Qt.MouseButton


@pytest.fixture(autouse=True)
def stay(hand: Hand) -> None:
    """A canvas that does not move by itself, with room for four nodes."""
    set_preference("reduced_motion", True)
    hand.canvas.set_zoom(1.0)


def add(hand: Hand, key: str, x: int, y: int) -> str:
    id = hand.canvas.add_layer(key, hand.canvas.mapToScene(QPoint(x, y)))
    assert id is not None
    return id


@pytest.fixture
def chain(hand: Hand) -> list[str]:
    """Three wired nodes in a row."""
    ids = [add(hand, key, 110 + 260 * i, 100) for i, key in enumerate(("linear", "relu", "linear"))]
    for one, other in pairwise(ids):
        hand.session.apply("Connect", edits.connect, one, "y", other, "x")
    hand.settle()
    return ids


def wires(hand: Hand) -> set[tuple[str, str]]:
    """The ends of every wire."""
    return {(edge.source, edge.target) for edge in hand.session.project.graph.edges.values()}


def stroke(
    hand: Hand, points: list[QPoint], button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NO_KEYS
) -> None:
    QTest.mousePress(hand.viewport, button, keys, points[0])
    for point in points[1:]:
        QTest.mouseMove(hand.viewport, point)
        hand.settle()
    QTest.mouseRelease(hand.viewport, button, keys, points[-1])
    hand.settle()


def middle(hand: Hand, one: str, other: str) -> QPoint:
    return (hand.canvas.port_position(one, "y") + hand.canvas.port_position(other, "x")) / 2


def menu(hand: Hand, at: QPoint) -> QMenu:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, hand.viewport.mapToGlobal(at))
    QApplication.sendEvent(hand.viewport, event)
    hand.settle()
    found = QApplication.activePopupWidget()
    assert isinstance(found, QMenu)
    return found


def texts(found: QMenu) -> list[str]:
    return [action.text() for action in found.actions() if action.text()]


def pick(hand: Hand, found: QMenu, text: str) -> None:
    """Click an entry of a menu."""
    assert text in texts(found)
    action = next(action for action in found.actions() if action.text() == text)
    QTest.mouseClick(found, LEFT, NO_KEYS, found.actionGeometry(action).center())
    hand.settle()


@pytest.mark.parametrize(("button", "keys"), [(Button.RightButton, Keys.ControlModifier), (LEFT, Keys.AltModifier)])
def test_a_stroke_cuts_the_wires_it_crosses(
    hand: Hand, chain: list[str], button: Qt.MouseButton, keys: Qt.KeyboardModifier
) -> None:
    across = [middle(hand, *chain[:2]), middle(hand, *chain[1:])]
    over = QPoint(0, 40)
    low = QPoint(across[0].x(), 300)
    stroke(hand, [across[0] - over, across[0] + over, low, QPoint(across[1].x(), 300), across[1] + over, across[1] - over],
           button, keys)  # fmt: skip
    assert wires(hand) == set()
    assert hand.session.document.undo_label == "Cut 2 wires"
    hand.session.undo()
    assert len(wires(hand)) == 2


def test_escape_ends_a_cut_without_effect(hand: Hand, chain: list[str]) -> None:
    at = middle(hand, *chain[:2])
    QTest.mousePress(hand.viewport, Button.RightButton, Keys.ControlModifier, at - QPoint(0, 30))
    QTest.mouseMove(hand.viewport, at + QPoint(0, 30))
    hand.settle()
    assert isinstance(hand.canvas.tool, CutTool)
    assert len(hand.canvas.tool.crossed) == 1
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.viewport, Button.RightButton, Keys.ControlModifier, at + QPoint(0, 30))
    assert len(wires(hand)) == 2
    assert not any(wire.faulty for wire in hand.canvas.scene_.wires.values())


def test_a_lasso_selects_what_it_surrounds(hand: Hand, chain: list[str]) -> None:
    box = hand.canvas.node_rect(chain[1]).adjusted(-20, -20, 20, 20)
    corners = [box.topLeft(), box.topRight(), box.bottomRight(), box.bottomLeft(), box.topLeft()]
    stroke(hand, corners, keys=Keys.ControlModifier)
    assert hand.session.selection == [chain[1]]
    assert hand.session.document.undo_label == "Connect"


def test_a_double_click_bends_a_wire_and_the_dot_can_be_dragged(hand: Hand, chain: list[str]) -> None:
    at = middle(hand, *chain[:2])
    parameters = hand.session.inferred.parameters()
    QTest.mouseDClick(hand.viewport, LEFT, NO_KEYS, at)
    hand.settle()
    (dot,) = [n.id for n in hand.session.project.graph.nodes.values() if n.type == "reroute"]
    assert wires(hand) == {(chain[0], dot), (dot, chain[1]), (chain[1], chain[2])}
    assert hand.session.inferred.parameters() == parameters
    rect = hand.canvas.node_rect(dot)
    hand.drag(rect.center(), rect.center() + QPoint(0, 120))
    assert hand.session.document.undo_label == "Move Reroute"
    assert hand.canvas.node_rect(dot).center().y() > rect.center().y() + 90


def test_a_loose_node_dragged_onto_a_wire_goes_into_it(hand: Hand, chain: list[str]) -> None:
    loose = add(hand, "tanh", 300, 330)
    start = hand.canvas.node_rect(loose)
    hand.drag(QPoint(start.center().x(), start.top() + 10), middle(hand, *chain[:2]))
    assert wires(hand) == {(chain[0], loose), (loose, chain[1]), (chain[1], chain[2])}
    hand.session.undo()
    assert wires(hand) == {(chain[0], chain[1]), (chain[1], chain[2])}
    assert hand.canvas.node_rect(loose) == start


def test_dragging_snaps_to_neighbours_and_shows_guides(hand: Hand, chain: list[str]) -> None:
    loose = add(hand, "tanh", 313, 330)
    goal = hand.canvas.node_rect(chain[1]).left()
    start = hand.canvas.node_rect(loose).topLeft() + QPoint(60, 10)
    end = start + QPoint(goal - hand.canvas.node_rect(loose).left() + 4, 23)
    QTest.mousePress(hand.viewport, LEFT, NO_KEYS, start)
    QTest.mouseMove(hand.viewport, end)
    hand.settle()
    assert isinstance(hand.canvas.tool, MoveTool)
    assert hand.canvas.tool.guides
    QTest.mouseRelease(hand.viewport, LEFT, NO_KEYS, end)
    nodes = hand.session.project.graph.nodes
    assert nodes[loose].x == nodes[chain[1]].x
    for name in ("snap_to_neighbours", "snap_to_grid"):
        set_preference(name, False)
    rect = hand.canvas.node_rect(loose)
    hand.drag(rect.topLeft() + QPoint(60, 10), rect.topLeft() + QPoint(63, 17))
    assert nodes[loose].x + 3 == hand.session.project.graph.nodes[loose].x


def test_align_distribute_and_arrange_by_the_menu(hand: Hand) -> None:
    ids = [add(hand, "relu", 120 + 190 * i, 90 + 37 * i * i) for i in range(3)]
    hand.session.select(ids)
    for how in ("align_left", "down"):
        hand.window.actions_[how if how.startswith("align") else f"align_{how}"].trigger()
    nodes = [hand.session.project.graph.nodes[id] for id in ids]
    assert len({node.x for node in nodes}) == 1
    assert nodes[1].y - nodes[0].y == nodes[2].y - nodes[1].y
    assert hand.session.document.undo_label == "Distribute down"
    hand.session.select([ids[1]])
    hand.key(Qt.Key.Key_I, Keys.ControlModifier)
    assert hand.session.project.graph.nodes[ids[1]].pinned
    hand.session.select(ids)
    hand.key(Qt.Key.Key_L, Keys.ControlModifier)
    after = hand.session.project.graph.nodes
    assert (after[ids[1]].x, after[ids[1]].y) == (nodes[1].x, nodes[1].y)
    assert (after[ids[0]].x, after[ids[0]].y) != (nodes[0].x, nodes[0].y)


def test_arranging_glides_unless_motion_is_reduced(hand: Hand, chain: list[str]) -> None:
    set_preference("reduced_motion", False)
    hand.drag(hand.canvas.node_rect(chain[2]).center(), QPoint(300, 380))
    hand.key(Qt.Key.Key_L, Keys.ControlModifier)
    nodes, items = hand.session.project.graph.nodes, hand.canvas.scene_.nodes
    hand.qtbot.waitUntil(
        lambda: all(items[id].pos() == QPointF(nodes[id].x, nodes[id].y) for id in chain), timeout=5000
    )
    hand.session.undo()
    nodes = hand.session.project.graph.nodes
    assert all(items[id].pos() == QPointF(nodes[id].x, nodes[id].y) for id in chain)


def test_a_frame_takes_its_nodes_along_and_is_edited(hand: Hand, chain: list[str]) -> None:
    hand.session.select(chain[:2])
    hand.key(Qt.Key.Key_J, Keys.ControlModifier)
    (frame,) = hand.session.project.graph.frames
    before = {id: (n.x, n.y) for id, n in hand.session.project.graph.nodes.items()}
    item = hand.canvas.scene_.frames.items[frame]
    title = hand.canvas.mapFromScene(item.mapToScene(item.title_rect().center()))
    hand.drag(title, title + QPoint(40, 130))
    after = {id: (n.x, n.y) for id, n in hand.session.project.graph.nodes.items()}
    assert after[chain[2]] == before[chain[2]]
    offset = {(after[id][0] - before[id][0], after[id][1] - before[id][1]) for id in chain[:2]}
    assert len(offset) == 1
    assert offset.pop()[1] >= 100
    corner = hand.canvas.mapFromScene(item.mapToScene(item.corner_rect().center()))
    width = hand.session.project.graph.frames[frame].width
    hand.drag(corner, corner + QPoint(60, 20))
    assert hand.session.project.graph.frames[frame].width > width + 40
    title = hand.canvas.mapFromScene(item.mapToScene(item.title_rect().center()))
    QTest.mouseDClick(hand.viewport, LEFT, NO_KEYS, title)
    hand.settle()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    QTest.keyClicks(dialog.title, "Encoder")  # type: ignore[attr-defined]
    QTest.keyClicks(dialog.color, "red")  # type: ignore[attr-defined]
    QTest.keyClicks(dialog.note, "**why** $x^2$")  # type: ignore[attr-defined]
    QTest.keyClick(dialog.title, Qt.Key.Key_Return)  # type: ignore[attr-defined]
    hand.settle()
    record = hand.session.project.graph.frames[frame]
    assert (record.title, record.color, record.note) == ("Encoder", "red", "**why** $x^2$")
    assert record.color in FRAME
    hand.window.grab()
    hand.window.activateWindow()
    hand.qtbot.waitUntil(hand.window.isActiveWindow, timeout=5000)
    hand.key(Qt.Key.Key_A, Keys.ControlModifier)
    hand.window.copy()
    hand.window.paste()
    assert len(hand.session.project.graph.frames) == 2
    hand.session.undo()
    hand.click(title)
    hand.key(Qt.Key.Key_Delete)
    assert not hand.session.project.graph.frames
    assert len(hand.session.project.graph.nodes) == 3


def test_upstream_and_downstream(hand: Hand, chain: list[str]) -> None:
    hand.session.select([chain[1]])
    hand.key(Qt.Key.Key_Left, Keys.ControlModifier | Keys.ShiftModifier)
    assert set(hand.session.selection) == set(chain[:2])
    hand.key(Qt.Key.Key_Right, Keys.ControlModifier | Keys.ShiftModifier)
    assert set(hand.session.selection) == set(chain)


def test_replace_keeps_wires_and_shared_options(hand: Hand, chain: list[str]) -> None:
    hand.click_node(chain[0])
    hand.key(Qt.Key.Key_R, Keys.ControlModifier)
    box = hand.canvas.quick_add
    assert box.isVisible()
    QTest.keyClicks(box.field, "bilinear")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    hand.settle()
    node = hand.session.project.graph.nodes[chain[0]]
    assert node.type == "bilinear"
    assert node.options["out_features"] == 128
    assert wires(hand) == {(chain[0], chain[1]), (chain[1], chain[2])}
    hand.session.undo()
    assert hand.session.project.graph.nodes[chain[0]].type == "linear"


def test_bypass_and_remove_and_join(hand: Hand, chain: list[str]) -> None:
    hand.click_node(chain[1])
    hand.key(Qt.Key.Key_B, Keys.ControlModifier)
    assert hand.session.project.graph.nodes[chain[1]].bypassed
    hand.key(Qt.Key.Key_B, Keys.ControlModifier)
    assert not hand.session.project.graph.nodes[chain[1]].bypassed
    hand.key(Qt.Key.Key_Delete, Keys.ControlModifier)
    assert wires(hand) == {(chain[0], chain[2])}


def test_menus_fit_what_lies_under_the_pointer(hand: Hand, chain: list[str]) -> None:
    found = menu(hand, middle(hand, *chain[:2]))
    assert "Bend here" in texts(found)
    pick(hand, found, "Remove wire")
    assert wires(hand) == {(chain[1], chain[2])}
    hand.session.undo()
    found = menu(hand, hand.canvas.port_position(chain[1], "x"))
    pick(hand, found, "Disconnect")
    assert wires(hand) == {(chain[1], chain[2])}
    hand.session.undo()
    rect = hand.canvas.node_rect(chain[2])
    found = menu(hand, QPoint(rect.center().x(), rect.top() + 10))
    assert {"Rename…", "Replace by…", "Copy as code", "Delete"} <= set(texts(found))
    pick(hand, found, "Bypass")
    assert hand.session.project.graph.nodes[chain[2]].bypassed
    found = menu(hand, QPoint(200, 360))
    assert {"Add layer…", "Paste"} <= set(texts(found))
    pick(hand, found, "Add frame")
    (frame,) = hand.session.project.graph.frames
    found = menu(hand, hand.canvas.mapFromScene(hand.canvas.scene_.frames.items[frame].sceneBoundingRect().center()))
    pick(hand, found, "Remove frame")
    assert not hand.session.project.graph.frames


def test_a_misfit_offers_an_adapter_on_release(make_window: Callable[..., Hand]) -> None:
    hand = make_window(Path(__file__).resolve().parents[2] / "examples" / "lenet.netlab")
    nodes = hand.session.project.graph.nodes.values()
    label = next(n.id for n in nodes if n.name == "label")
    scores = next(n.id for n in nodes if n.name == "scores")
    hand.wire(label, "y", scores, "x")
    card = hand.canvas.fix_card
    hand.qtbot.waitUntil(lambda: card.isVisible() and card.findChild(QPushButton, "fix") is not None, timeout=8000)
    assert card.height() > card.findChild(QPushButton, "fix").height() + 30
    blocking = len(hand.session.inferred.blocking)
    QTest.mouseClick(card.findChild(QPushButton, "fix"), LEFT)
    hand.settle()
    assert len(hand.session.inferred.blocking) < blocking
    assert not card.isVisible()
    hand.session.undo()
    hand.session.undo()
    hand.wire(label, "y", scores, "x")
    hand.qtbot.waitUntil(card.isVisible, timeout=8000)
    hand.key(Qt.Key.Key_Escape)
    assert not card.isVisible()


def test_shift_and_the_wheel_push_the_canvas(hand: Hand, chain: list[str]) -> None:
    at = QPoint(300, 200)
    before = hand.canvas.mapToScene(at)

    def turn(keys: Qt.KeyboardModifier) -> None:
        event = QWheelEvent(
            at.toPointF(), hand.viewport.mapToGlobal(at.toPointF()), QPoint(), QPoint(0, -120), Button.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(hand.viewport, event)

    turn(Keys.ShiftModifier)
    assert hand.canvas.zoom == 1.0
    assert hand.canvas.mapToScene(at).x() == pytest.approx(before.x() + 60, abs=2)
    stroke(hand, [at, at + QPoint(-50, 20)], Button.MiddleButton)
    assert hand.canvas.mapToScene(at).x() == pytest.approx(before.x() + 110, abs=3)
    hand.session.select([chain[0]])
    hand.key(Qt.Key.Key_F, Keys.ShiftModifier)
    assert hand.viewport.rect().contains(hand.canvas.node_rect(chain[0]))


def touchpad() -> QPointingDevice:
    kind, finger = QInputDevice.DeviceType.TouchPad, QPointingDevice.PointerType.Finger
    return QPointingDevice("touchpad", 7, kind, finger, QInputDevice.Capability.PixelScroll, 2, 0)


def test_two_fingers_on_a_touchpad_push_the_canvas_as_far_as_they_go(hand: Hand, chain: list[str]) -> None:
    at, before = QPointF(300, 200), hand.canvas.node_rect(chain[0]).topLeft()
    event = QWheelEvent(
        at, hand.viewport.mapToGlobal(at), QPoint(-35, -14), QPoint(-280, -112), Button.NoButton, Keys.NoModifier,
        Qt.ScrollPhase.ScrollUpdate, False, Qt.MouseEventSource.MouseEventNotSynthesized, pad := touchpad(),
    )  # fmt: skip
    QApplication.sendEvent(hand.viewport, event)
    assert pad.type() == QInputDevice.DeviceType.TouchPad
    assert hand.canvas.zoom == 1.0
    assert hand.canvas.node_rect(chain[0]).topLeft() - before == QPoint(-35, -14)


def test_a_pinch_on_a_touchpad_zooms_about_the_fingers(hand: Hand, chain: list[str]) -> None:
    at, pad = QPointF(300, 200), touchpad()
    held = hand.canvas.mapToScene(at.toPoint())
    for _ in range(4):
        pinch = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture, pad, 2, at, at, hand.viewport.mapToGlobal(at), 0.1, QPointF()
        )
        QApplication.sendEvent(hand.viewport, pinch)
    assert hand.canvas.zoom == pytest.approx(1.1**4)
    assert (hand.canvas.mapToScene(at.toPoint()) - held).manhattanLength() < 3


def test_the_selection_is_copied_as_code(make_window: Callable[..., Hand], example: Callable[..., Path]) -> None:
    hand = make_window(example("lenet"))
    nodes = hand.session.project.graph.nodes.values()
    hand.session.select([node.id for node in nodes if node.type in ("conv2d", "relu")])
    hand.canvas.setFocus()
    hand.window.actions_["copy_code"].trigger()
    mime = QApplication.clipboard().mimeData()
    assert mime.formats() == ["text/plain"], "no nodes, only text"
    assert "nn.Conv2d(1," in mime.text()
    assert "nn.Linear(" not in mime.text()
    compile(mime.text(), "copied", "exec")


def test_a_bend_has_the_colour_of_its_wire(make_window: Callable[..., Hand], example: Callable[..., Path]) -> None:
    hand = make_window(example("transformer"))
    known = flows(hand.session.project, hand.session.inferred)
    edge = next(e for e in hand.session.project.graph.edges.values() if known[e.id].kind == "sequence")
    add_dot(hand.canvas, edge.id, hand.canvas.scene_.wires[edge.id].path.pointAtPercent(0.5))
    hand.settle()
    dot = next(item for item in hand.canvas.scene_.nodes.values() if item.layout_.is_dot)
    assert dot.through == "sequence"
    hand.canvas.set_zoom(2.0)
    hand.canvas.centre_on([dot.node.id])
    hand.qtbot.waitUntil(lambda: hand.canvas.scene_.graph.is_finished)
    stub = hand.canvas.mapFromScene((dot.port_pos("x", True) + dot.sceneBoundingRect().center()) / 2)
    image = hand.viewport.grab().toImage()
    near = {image.pixelColor(stub + QPoint(0, dy)).name() for dy in range(-3, 4)}
    assert wire_color("sequence").name() in near
