"""Values on the nodes: dragged like a slider, typed, or chosen, each one undo step."""

from __future__ import annotations

from app.conftest import LEFT, NO_KEYS, Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from netlab.app.canvas.tools.scrub import scrubbed
from netlab.app.canvas.value_editor import ValueEditor
from netlab.options import Float, Int


def place_of_value(hand: Hand, node: str) -> QPoint:
    """The middle of the first value on a node, in the viewport."""
    item = hand.canvas.scene_.nodes[node]
    pill = item.layout_.pill(0, item.rows()[0].value).translated(item.pos())
    return hand.canvas.mapFromScene(pill.center())


def width(hand: Hand, node: str) -> int:
    return hand.session.project.graph.nodes[node].options["out_features"]


def editors(hand: Hand) -> list[ValueEditor]:
    return [editor for editor in hand.viewport.findChildren(ValueEditor) if editor.isVisible()]


def open_editor(hand: Hand, node: str) -> ValueEditor:
    QTest.mouseDClick(hand.viewport, LEFT, NO_KEYS, place_of_value(hand, node))
    hand.settle()
    (editor,) = editors(hand)
    return editor


def test_dragging_a_value_changes_it_in_one_step(hand: Hand) -> None:
    node = hand.drop("linear", QPoint(300, 200))
    at, before = place_of_value(hand, node), hand.session.project.graph.nodes[node]
    position = hand.session.document.position
    hand.drag(at, at + QPoint(60, 0))
    assert width(hand, node) == 228
    assert hand.session.document.position == position + 1
    assert (hand.session.project.graph.nodes[node].x, hand.session.project.graph.nodes[node].y) == (before.x, before.y)
    hand.session.undo()
    assert width(hand, node) == 128


def test_escape_gives_the_value_back(hand: Hand) -> None:
    node = hand.drop("linear", QPoint(300, 200))
    at, position = place_of_value(hand, node), hand.session.document.position
    QTest.mousePress(hand.viewport, LEFT, NO_KEYS, at)
    QTest.mouseMove(hand.viewport, at + QPoint(48, 0))
    assert hand.canvas.scene_.nodes[node].node.options["out_features"] == 208
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.viewport, LEFT, NO_KEYS, at + QPoint(48, 0))
    assert hand.canvas.scene_.nodes[node].node.options["out_features"] == width(hand, node) == 128
    assert hand.session.document.position == position


def test_a_double_click_opens_a_field_to_type_in(hand: Hand) -> None:
    node = hand.drop("linear", QPoint(300, 200))
    editor = open_editor(hand, node)
    QTest.keyClicks(editor, "17")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    hand.settle()
    assert width(hand, node) == 17
    assert not editors(hand)


def test_a_value_outside_the_limits_is_refused_in_words(hand: Hand) -> None:
    node = hand.drop("linear", QPoint(300, 200))
    for text in ("0", "many"):
        editor = open_editor(hand, node)
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        hand.settle()
        assert width(hand, node) == 128
        assert hand.window.banner.isVisible()
        QTest.keyPress(editor, Qt.Key.Key_Escape)
        hand.settle()


def test_the_steps_follow_the_size_of_the_number_and_stay_within_limits() -> None:
    whole, real = Int(8, min=1, max=1000, help=""), Float(0.5, min=0.0, max=1.0, help="")
    assert [scrubbed(whole, 8, n) for n in (-20, -1, 0, 3)] == [1, 7, 8, 11]
    assert scrubbed(whole, 512, 1) == 522
    assert scrubbed(whole, 512, 10_000) == 1000
    assert scrubbed(real, 0.5, 1) == 0.525
    assert scrubbed(real, 0.5, 1_000) == 1.0
    assert scrubbed(real, 0.0, 2) == 0.02
