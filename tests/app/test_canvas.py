"""The canvas under mouse and keys: every gesture is one undoable edit, or none."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import LEFT, Hand
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netlab.app import clipboard
from netlab.app.canvas.tools.wire import WireTool
from netlab.document import file

Example = Callable[..., Path]
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
MONKEY_OPERATIONS = 150


@pytest.fixture
def pair(hand: Hand) -> tuple[str, str]:
    """Two wired nodes."""
    first, second = hand.drop("linear", QPoint(120, 120)), hand.drop("relu", QPoint(420, 120))
    hand.wire(first, "y", second, "x")
    return first, second


def graph(hand: Hand) -> tuple[int, int]:
    """How many nodes and edges there are; the scene has to agree."""
    found = hand.session.project.graph
    assert set(hand.canvas.scene_.nodes) == set(found.nodes)
    assert set(hand.canvas.scene_.wires) == set(found.edges)
    return len(found.nodes), len(found.edges)


def test_wires_can_be_drawn_in_both_directions(hand: Hand) -> None:
    first, second = hand.drop("linear", QPoint(120, 120)), hand.drop("relu", QPoint(420, 120))
    hand.drag(hand.canvas.port_position(second, "x"), hand.canvas.port_position(first, "y"))
    assert graph(hand) == (2, 1)
    assert hand.session.document.undo_label == "Connect"


def test_an_end_dragged_off_removes_the_wire(hand: Hand, pair: tuple[str, str]) -> None:
    hand.drag(hand.canvas.port_position(pair[1], "x"), QPoint(300, 500))
    assert graph(hand) == (2, 0)
    hand.session.undo()
    assert graph(hand) == (2, 1)


def test_a_wire_that_would_close_a_cycle_is_refused(hand: Hand, pair: tuple[str, str]) -> None:
    hand.wire(pair[1], "y", pair[0], "x")
    assert graph(hand) == (2, 1)
    assert "would close a cycle" in hand.window.banner.text.text()


def test_escape_cancels_a_drag(hand: Hand, pair: tuple[str, str]) -> None:
    before = hand.session.document.position
    start = hand.canvas.node_rect(pair[0]).center()
    QTest.mousePress(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(hand.viewport, start + QPoint(90, 60))
    hand.settle()
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(90, 60))
    hand.settle()
    assert hand.session.document.position == before
    node = hand.session.project.graph.nodes[pair[0]]
    assert hand.canvas.scene_.nodes[pair[0]].pos().x() == node.x


def test_undo_in_the_middle_of_a_drag_breaks_nothing(hand: Hand, pair: tuple[str, str]) -> None:
    start = hand.canvas.node_rect(pair[1]).center()
    QTest.mousePress(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(hand.viewport, start + QPoint(40, 60))
    while hand.session.document.can_undo:
        hand.session.undo()
    QTest.mouseMove(hand.viewport, start + QPoint(90, 60))
    QTest.mouseRelease(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(90, 60))
    hand.settle()
    assert graph(hand) == (0, 0)


def test_undo_while_a_wire_is_drawn_breaks_nothing(hand: Hand, pair: tuple[str, str]) -> None:
    start = hand.canvas.port_position(pair[1], "y")
    QTest.mousePress(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(hand.viewport, start + QPoint(40, 60))
    while hand.session.document.can_undo:
        hand.session.undo()
    QTest.mouseMove(hand.viewport, start + QPoint(60, 60))
    QTest.mouseRelease(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(60, 60))
    hand.settle()
    assert graph(hand) == (0, 0)


def test_a_layer_dropped_on_a_wire_is_inserted(hand: Hand, pair: tuple[str, str]) -> None:
    middle = (hand.canvas.port_position(pair[0], "y") + hand.canvas.port_position(pair[1], "x")) / 2
    new = hand.drop("tanh", middle)
    assert graph(hand) == (3, 2)
    edges = {(e.source, e.target) for e in hand.session.project.graph.edges.values()}
    assert edges == {(pair[0], new), (new, pair[1])}


def test_tab_opens_a_search_that_adds(hand: Hand) -> None:
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_Tab)
    box = hand.canvas.quick_add
    assert box.isVisible()
    QTest.keyClicks(box.field, "conv2d")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    hand.settle()
    assert [n.type for n in hand.session.project.graph.nodes.values()] == ["conv2d"]
    hand.key(Qt.Key.Key_Tab)
    hand.key(Qt.Key.Key_Escape, widget=box.field)
    assert not box.isVisible()
    assert graph(hand) == (1, 0)


def test_a_box_selects_and_delete_removes(hand: Hand, pair: tuple[str, str]) -> None:
    hand.drag(QPoint(2, 20), QPoint(700, 400))
    assert set(hand.session.selection) == set(pair)
    hand.key(Qt.Key.Key_Delete)
    assert graph(hand) == (0, 0)
    hand.session.undo()
    assert graph(hand) == (2, 1)


def test_shift_click_adds_and_takes_away(hand: Hand, pair: tuple[str, str]) -> None:
    hand.click_node(pair[0])
    for expected in ({*pair}, {pair[0]}):
        rect = hand.canvas.node_rect(pair[1])
        hand.click(QPoint(rect.center().x(), rect.top() + 10), SHIFT)
        assert set(hand.session.selection) == expected


def test_arrow_keys_nudge_in_one_step(hand: Hand, pair: tuple[str, str]) -> None:
    hand.click_node(pair[0])
    before = hand.session.project.graph.nodes[pair[0]].x
    for _ in range(4):
        hand.key(Qt.Key.Key_Right)
    assert hand.session.project.graph.nodes[pair[0]].x == before + 40
    hand.session.undo()
    assert hand.session.project.graph.nodes[pair[0]].x == before


def test_copy_and_paste_keep_the_wire(hand: Hand, pair: tuple[str, str]) -> None:
    hand.session.select(pair)
    hand.window.copy()
    hand.window.paste()
    assert graph(hand) == (4, 2)
    hand.window.duplicate()
    assert graph(hand) == (6, 3)


HOSTILE = {"empty": b"", "words": b"not a graph", "cut": b'{"nodes": [', "foreign": b'{"nodes": 3}', "deep": b"[" * 5000,
           "binary": b"\x00\xff" * 100}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_clipboard_is_refused_in_words(hand: Hand, content: bytes) -> None:
    data = QMimeData()
    data.setData(clipboard.MIME, content)
    QApplication.clipboard().setMimeData(data)
    hand.window.paste()
    assert hand.window.banner.isVisible()
    assert graph(hand) == (0, 0)


def test_the_wheel_zooms_about_the_pointer(hand: Hand, pair: tuple[str, str]) -> None:
    at = QPoint(420, 130)
    before = hand.canvas.mapToScene(at)
    event = QWheelEvent(
        at.toPointF(), hand.viewport.mapToGlobal(at.toPointF()), QPoint(), QPoint(0, -240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(hand.viewport, event)
    after = hand.canvas.mapToScene(at)
    assert hand.canvas.zoom < 1
    assert (after - before).manhattanLength() < 6


def test_an_unknown_layer_is_drawn_and_kept(make_window: Callable[..., Hand], tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "examples" / "spirals.netlab").read_text()
    path = tmp_path / "strange.netlab"
    path.write_text(
        text.replace('"type": "relu"', '"type": "quantum_flux"').replace('"type": "tanh"', '"type": "quantum_flux"')
    )
    hand = make_window(path)
    assert any(n.type == "quantum_flux" for n in hand.session.project.graph.nodes.values())
    hand.window.grab()
    assert hand.session.inferred.blocking
    assert "quantum_flux" in path.read_text()
    assert hand.session.save()
    assert "quantum_flux" in path.read_text()


def test_a_monkey_ends_with_everything_undone_and_redone(hand: Hand) -> None:
    """Random gestures; then undo of all gives the empty graph and redo of all the same bytes."""
    rng = random.Random(7)
    start = file.encode(hand.session.project)
    keys = ["linear", "relu", "conv2d", "add", "lstm", "output", "input", "multi_head_attention"]
    for _ in range(MONKEY_OPERATIONS):
        _monkey_step(hand, rng, keys)
    while hand.session.document.can_redo:  # the last gestures may have been undo
        hand.session.redo()
    end = file.encode(hand.session.project)
    graph(hand)
    steps = hand.session.document.position
    assert steps > MONKEY_OPERATIONS / 4
    while hand.session.document.can_undo:
        hand.session.undo()
    assert file.encode(hand.session.project) == start
    while hand.session.document.can_redo:
        hand.session.redo()
    assert file.encode(hand.session.project) == end
    graph(hand)


def _monkey_step(hand: Hand, rng: random.Random, keys: list[str]) -> None:
    def point() -> QPoint:
        return QPoint(rng.randrange(hand.viewport.width()), rng.randrange(hand.viewport.height()))

    nodes = list(hand.session.project.graph.nodes)
    match rng.choice(["add", "add", "wire", "wire", "wire", "move", "key", "click", "undo", "redo", "zoom"]):
        case "add" if len(nodes) < 40:
            at = point()
            hand.canvas.add_layer(rng.choice(keys), hand.canvas.mapToScene(at))
        case "wire" if len(nodes) > 1:
            one, two = rng.sample(nodes, 2)
            outs = hand.canvas.scene_.nodes[one].layout_.outputs
            ins = hand.canvas.scene_.nodes[two].layout_.inputs
            if outs and ins:
                hand.wire(one, rng.choice(outs), two, rng.choice(ins))
        case "move":
            hand.drag(point(), point())
        case "key":
            key = rng.choice([Qt.Key.Key_Delete, Qt.Key.Key_Left, Qt.Key.Key_Escape, Qt.Key.Key_A, Qt.Key.Key_D])
            hand.key(key, rng.choice([Qt.KeyboardModifier.NoModifier, CONTROL]))
        case "click":
            hand.click(point(), rng.choice([Qt.KeyboardModifier.NoModifier, SHIFT]))
        case "undo":
            hand.session.undo()
        case "redo":
            hand.session.redo()
        case "zoom":
            hand.canvas.set_zoom(rng.choice([0.3, 0.7, 1.0, 1.6]))
        case _:
            hand.canvas.fit()


def test_a_wire_let_go_over_nothing_offers_what_fits_and_wires_it(make_window: Callable[..., Hand]) -> None:
    hand = make_window(Path(__file__).resolve().parents[2] / "examples" / "lenet.netlab")
    graph_before = hand.session.project.graph
    pool = next(n.id for n in graph_before.nodes.values() if n.type == "max_pool2d")
    before = hand.session.document.position
    hand.drag(hand.canvas.port_position(pool, "y"), QPoint(300, hand.viewport.height() - 60))
    box = hand.canvas.quick_add
    assert box.isVisible()
    offered = {box.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(box.list.count())}
    assert {"conv2d", "relu", "flatten", "batch_norm2d"} <= offered
    assert not offered & {"lstm", "embedding", "input", "multi_head_attention"}
    QTest.keyClicks(box.field, "conv2d")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    hand.settle()
    assert hand.session.document.position == before + 1
    added = (set(hand.session.project.graph.nodes) - set(graph_before.nodes)).pop()
    edge = hand.session.project.graph.into(added)["x"]
    assert (edge.source, edge.source_port) == (pool, "y")
    hand.session.undo()
    assert hand.session.project.graph == graph_before


def test_escape_after_a_dropped_wire_leaves_nothing_behind(hand: Hand, pair: tuple[str, str]) -> None:
    hand.drag(hand.canvas.port_position(pair[1], "y"), QPoint(300, 500))
    hand.key(Qt.Key.Key_Escape, widget=hand.canvas.quick_add.field)
    hand.key(Qt.Key.Key_Tab)
    QTest.keyClicks(hand.canvas.quick_add.field, "embedding")
    QTest.keyClick(hand.canvas.quick_add.field, Qt.Key.Key_Return)
    hand.settle()
    assert graph(hand) == (3, 1)


def test_a_wire_that_does_not_fit_says_why_while_it_is_dragged(make_window: Callable[..., Hand]) -> None:
    hand = make_window(Path(__file__).resolve().parents[2] / "examples" / "lenet.netlab")
    nodes = hand.session.project.graph.nodes.values()
    scores = next(n.id for n in nodes if n.name == "scores")
    conv = next(n.id for n in nodes if n.name == "conv2")
    start, end = hand.canvas.port_position(scores, "y"), hand.canvas.port_position(conv, "x")
    QTest.mousePress(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(hand.viewport, end)
    hand.settle()
    tool = hand.canvas.tool
    assert isinstance(tool, WireTool)
    assert tool.preview.faulty
    assert "cycle" in tool._reason((conv, "x"))
    other = next(n.id for n in nodes if n.type == "input" and n.name == "label")
    QTest.mouseMove(hand.viewport, hand.canvas.port_position(other, "y"))
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, end)

    QTest.mousePress(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, hand.canvas.port_position(other, "y"))
    QTest.mouseMove(hand.viewport, end)
    hand.settle()
    assert isinstance(hand.canvas.tool, WireTool)
    assert "wants an image" in hand.canvas.tool._reason((conv, "x"))
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.viewport, LEFT, Qt.KeyboardModifier.NoModifier, end)
