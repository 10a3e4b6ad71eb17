"""Shared weights, options that a block leads, and linked copies, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.conftest import LEFT, Hand
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPushButton, QSpinBox, QToolButton

from netlab.document import tying
from netlab.document.copies import content_key
from netlab.document.graph import Node

MakeWindow = Callable[..., Hand]
Example = Callable[..., Path]


def named(hand: Hand, name: str) -> Node:
    return next(node for node in hand.session.project.graph.nodes.values() if node.name == name)


def look_at(hand: Hand, node: str) -> None:
    hand.session.select([node])
    hand.settle()


def choose(box: QComboBox, index: int) -> None:
    """Choose a line of a list by keys, as a hand would."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(index):
        QTest.keyClick(box, Qt.Key.Key_Down)


def test_weights_are_shared_from_the_inspector(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    head, table = named(hand, "logits").id, named(hand, "token_embedding").id
    before = hand.session.inferred.parameters()
    look_at(hand, head)
    box = hand.window.findChild(QComboBox, "shares")
    assert box is not None
    assert box.count() == 2, "only the embedding has weights of the same size"
    choose(box, 1)
    hand.settle()
    assert named(hand, "logits").shares == table
    assert hand.session.inferred.parameters() < before
    look_at(hand, table)
    shown = hand.window.findChild(QComboBox, "shares")
    assert shown is None or shown.currentText() == "Its own"
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, hand.window)
    assert named(hand, "logits").shares == ""


def test_an_option_is_bound_and_then_set_at_the_block(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt_blocks"))
    inner = named(hand, "feed_forward")
    look_at(hand, inner.id)
    button = hand.window.findChild(QToolButton, "bind")
    assert button is not None
    menus = [menu for menu in button.menu().findChildren(QMenu) if menu.title() == "Hidden size"]
    assert len(menus) == 1

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        QTest.keyClicks(dialog.focusWidget(), "width")
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    QTimer.singleShot(50, answer)
    next(action for action in menus[0].actions() if action.text() == "New option…").trigger()
    hand.settle()
    assert named(hand, "feed_forward").bound == {"hidden_size": "width"}
    look_at(hand, inner.parent)
    field = hand.window.findChild(QSpinBox, "option/width")
    assert field is not None
    hand.type(field, "128")
    assert named(hand, "feed_forward").options["hidden_size"] == 128
    assert not hand.session.inferred.blocking


def test_a_linked_copy_follows_until_it_is_unlinked(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt_blocks"))
    block = named(hand, "feed_forward").parent
    look_at(hand, block)
    hand.key(Qt.Key.Key_D, Qt.KeyboardModifier.AltModifier, hand.window)
    (copy,) = hand.session.selection
    assert copy != block
    hand.session.enter(block)
    look_at(hand, named(hand, "attention").id)
    heads = hand.window.findChild(QSpinBox, "option/num_heads")
    assert heads is not None
    hand.type(heads, "2")
    graph = hand.session.project.graph
    assert content_key(graph, block) == content_key(graph, copy)
    hand.session.leave()
    look_at(hand, copy)
    unlink = hand.window.findChild(QPushButton, "unlink")
    assert unlink is not None
    QTest.mouseClick(unlink, LEFT)
    hand.settle()
    assert hand.session.project.graph.nodes[copy].link == ""


def test_shared_weights_are_drawn_and_follow_the_nodes(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    head, table = named(hand, "logits").id, named(hand, "token_embedding").id
    hand.session.apply("Share", tying.share_weights, head, table)
    ties = hand.canvas.scene_.ties
    assert [(a.node.id, b.node.id) for a, b in ties.pairs] == [(head, table)]
    before = ties.boundingRect()
    rect = hand.canvas.node_rect(head)
    start = QPoint(rect.center().x(), rect.top() + 8)
    hand.drag(start, start + QPoint(0, 60))
    assert ties.boundingRect() != before
    hand.session.undo()
    hand.session.undo()
    assert not ties.pairs
    assert ties.boundingRect().isEmpty()
