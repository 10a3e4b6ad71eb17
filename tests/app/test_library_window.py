"""Blocks of the library: dragged from the palette, onto wires, found by words, kept and found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.conftest import Hand
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTreeWidgetItem

from netlab.app.offered import offered
from netlab.document import library

MakeWindow = Callable[..., Hand]
Example = Callable[..., Path]


def items(hand: Hand) -> dict[str, QTreeWidgetItem]:
    """The lines of the palette under Library."""
    tree = hand.window.palette_.tree
    groups = [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]
    group = next(g for g in groups if g is not None and g.text(0) == "Library")
    return {group.child(i).text(0): group.child(i) for i in range(group.childCount())}


def test_a_block_is_dragged_onto_a_wire(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    graph = hand.session.project.graph
    edge = next(e for e in graph.edges.values() if graph.nodes[e.source].name == "token_embedding")
    middle = hand.canvas.scene_.wires[edge.id].path.pointAtPercent(0.5)
    before = len(graph.nodes)
    hand.drop("block:feed_forward", hand.canvas.mapFromScene(middle))
    graph = hand.session.project.graph
    (block,) = (n for n in graph.nodes.values() if n.type == "block")
    assert len(graph.nodes) > before + 3
    assert graph.into(block.id), "it took the wire"
    assert graph.out_of(block.id)
    hand.session.undo()
    assert len(hand.session.project.graph.nodes) == before


def test_it_is_found_by_typing_on_the_canvas(make_window: MakeWindow) -> None:
    hand = make_window()
    hand.key(Qt.Key.Key_Tab)
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "residual block")
    QTest.keyClick(field, Qt.Key.Key_Return)
    hand.settle()
    nodes = hand.session.project.graph.nodes.values()
    assert [n.name for n in nodes if n.type == "block"] == ["residual"]
    assert sum(n.type == "conv2d" for n in nodes) == 2


def test_a_block_of_ones_own_is_kept_and_shown(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt_blocks"))
    block = next(n.id for n in hand.session.project.graph.nodes.values() if n.type == "block")
    hand.session.select([block])
    hand.settle()

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        QTest.keyClicks(dialog.focusWidget(), "My layer")
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    QTimer.singleShot(50, answer)
    hand.window.actions_["keep_block"].trigger()
    hand.settle()
    assert "My layer" in items(hand)
    assert offered()["block:my_layer"].title() == "My layer"
    (library.own() / "my_layer.netlab").write_text("{")
    hand.window.palette_.refill()
    broken = items(hand)["my_layer"]
    assert not broken.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "cut off" in broken.toolTip(0) or "JSON" in broken.toolTip(0)
    assert hand.drop("relu", QPoint(60, 60))
