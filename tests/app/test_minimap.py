"""The minimap: moves the view, and colours the nodes by what one wants to know. Halos of nodes that learn."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from app.conftest import LEFT, NO_KEYS, ROOT, Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from netlab.app.canvas.minimap import COLORINGS, HEIGHT, WIDTH
from netlab.app.canvas.scene import glow_of
from netlab.app.views.colors import TABLE
from netlab.bench.canvas_graph import large
from netlab.document import file
from netlab.protocol.summaries import TIMES, Times, encode
from netlab.runs import store
from netlab.runs.writer import RunWriter

Example = Callable[..., Path]


@pytest.fixture
def mapped(hand: Hand) -> Hand:
    """A large graph, and the minimap switched on by its keys."""
    hand.session.take(large(400))
    hand.canvas.set_zoom(1.0)
    hand.key(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, widget=hand.window)
    assert hand.canvas.minimap.isVisible()
    return hand


def glowing(hand: Hand) -> set[str]:
    nodes = hand.canvas.scene_.graph.nodes
    return {item.node.id for item in nodes.items if nodes.levels[item.row] > 0}


def middle(hand: Hand) -> tuple[float, float]:
    at = hand.canvas.mapToScene(hand.viewport.rect().center())
    return at.x(), at.y()


def test_a_click_and_a_drag_move_the_view(mapped: Hand) -> None:
    minimap = mapped.canvas.minimap
    content = mapped.canvas.scene_.contents()
    QTest.mouseClick(minimap, LEFT, NO_KEYS, QPoint(WIDTH // 2, (24 + HEIGHT - 18) // 2))
    x, y = middle(mapped)
    assert abs(x - content.center().x()) < 0.03 * content.width()
    assert abs(y - content.center().y()) < 0.05 * content.height()
    QTest.mousePress(minimap, LEFT, NO_KEYS, QPoint(WIDTH // 2, HEIGHT // 2))
    QTest.mouseMove(minimap, QPoint(WIDTH // 2 + 40, HEIGHT // 2))
    QTest.mouseRelease(minimap, LEFT, NO_KEYS, QPoint(WIDTH // 2 + 40, HEIGHT // 2))
    assert middle(mapped)[0] > x + 0.05 * content.width()


def test_it_can_be_hidden_again_and_stays_in_its_corner(mapped: Hand) -> None:
    minimap = mapped.canvas.minimap
    mapped.window.resize(1200, 800)
    mapped.settle()
    corner = mapped.viewport.geometry().bottomRight() - minimap.geometry().bottomRight()
    assert 0 < corner.x() < 30
    assert 0 < corner.y() < 30
    mapped.key(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, widget=mapped.window)
    assert not minimap.isVisible()


@pytest.mark.parametrize("name", COLORINGS)
def test_every_colouring_draws(mapped: Hand, name: str) -> None:
    minimap = mapped.canvas.minimap
    plain = minimap.grab().toImage()
    minimap.color_by(name)
    mapped.qtbot.waitUntil(lambda: not minimap._drawing.isActive())
    mapped.settle()
    assert (minimap.grab().toImage() == plain) == (name == "Category")


def test_it_follows_the_document(mapped: Hand) -> None:
    minimap = mapped.canvas.minimap
    before = minimap.grab().toImage()
    mapped.session.select([f"n{i}" for i in range(100, 300)])
    mapped.key(Qt.Key.Key_Delete)
    mapped.qtbot.waitUntil(lambda: not minimap._drawing.isActive())
    mapped.settle()
    assert minimap.grab().toImage() != before


def test_the_glow_is_strongest_where_the_gradient_is_largest() -> None:
    glow = glow_of({"a": 1.0, "b": 1e-2, "c": 1e-9, "d": float("nan"), "e": 0.0})
    assert glow == {"a": 1.0, "b": 0.5, "c": 0.0, "e": 0.0}
    assert glow_of({}) == glow_of({"a": 0.0}) == {}


def test_nodes_glow_while_they_learn_and_no_longer(make_window: Callable[..., Hand], example: Example) -> None:
    hand = make_window(example("spirals", epochs=400))
    before = hand.viewport.grab().toImage()
    assert hand.session.train()
    hand.qtbot.waitUntil(lambda: bool(glowing(hand)), timeout=30_000)
    hand.settle()
    assert hand.viewport.grab().toImage() != before
    learning = {id for id, weights in hand.session.inferred.weights.items() if weights}
    assert glowing(hand) <= learning
    hand.session.stop()
    hand.qtbot.waitUntil(lambda: not glowing(hand), timeout=30_000)


def test_it_is_coloured_by_the_time_that_a_run_measures(make_window: Callable[..., Hand], tmp_path: Path) -> None:
    """A block takes what everything inside of it takes."""
    hand = make_window(ROOT / "examples" / "gpt_blocks.netlab")
    graph = hand.session.project.graph
    inside = [
        node.id for node in graph.nodes.values() if node.parent and node.type not in ("block_input", "block_output")
    ]
    outside = next(node.id for node in graph.nodes.values() if node.type == "embedding")
    block = graph.nodes[inside[0]].parent
    folder = store.create(file.encode(hand.session.project), tmp_path)
    with closing(RunWriter(folder)) as writer:
        nodes = [*inside, outside]
        told = Times(nodes, nodes, [1.0] * len(inside) + [0.5], [2.0] * len(inside) + [0.0])
        writer.reading(1, TIMES, "", encode(told))
    hand.key(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, widget=hand.window)
    minimap = hand.canvas.minimap
    minimap.color_by("Time")
    hand.session.attach(folder)
    run = hand.session.run
    assert run is not None
    hand.qtbot.waitUntil(lambda: bool(run.readings))
    assert run.times(graph) == {**dict.fromkeys(inside, 3.0), block: 3.0 * len(inside), outside: 0.5}
    hand.qtbot.waitUntil(lambda: not minimap._drawing.isActive())
    hand.settle()
    at = {item.node.id: item for item in hand.canvas.scene_.graph.nodes.items}
    picture, (scale, origin) = minimap.grab().toImage(), minimap._scale()
    for id, expected in ((block, TABLE[255]), (outside, TABLE[0])):
        middle = at[id].sceneBoundingRect().center() * scale + origin
        seen = picture.pixelColor(middle.toPoint()).getRgb()[:3]
        assert np.abs(np.array(seen) - expected).max() < 60, id
