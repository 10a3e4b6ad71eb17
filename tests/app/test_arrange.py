"""Auto-layout: along the wires, without overlaps, quickly, as one step that can be undone."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import Hand
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPathStroker

from netlab.app.canvas.arrange import arrange
from netlab.app.canvas.geometry import WIDTH, layout_of
from netlab.app.canvas.wire_item import curve
from netlab.compiler.blocks import class_of
from netlab.document import edits, file, library
from netlab.document.examples import examples
from netlab.document.graph import Edge, Graph, Node
from netlab.document.project import Project


def overlaps(graph: Graph, places: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    heights = {id: layout_of(class_of(graph, graph.nodes[id]), set(), set()).rect.height() for id in places}
    found = []
    ids = list(places)
    for i, a in enumerate(ids):
        for b in ids[i + 1 :]:
            (ax, ay), (bx, by) = places[a], places[b]
            if abs(ax - bx) < WIDTH and ay < by + heights[b] and by < ay + heights[a]:
                found.append((a, b))
    return found


def hidden(graph: Graph) -> list[str]:
    """The wires that run behind a node on their way to the right."""
    layouts = {id: layout_of(class_of(graph, node), set(), set()) for id, node in graph.nodes.items()}
    at = {id: QPointF(node.x, node.y) for id, node in graph.nodes.items()}
    found = []
    for edge in graph.edges.values():
        start = at[edge.source] + layouts[edge.source].port(edge.source_port, False)
        end = at[edge.target] + layouts[edge.target].port(edge.target_port, True)
        stroke = QPainterPathStroker()
        wire = stroke.createStroke(curve(start, end))
        for node in graph.inside(graph.nodes[edge.source].parent):
            card = layouts[node.id].rect.translated(at[node.id])
            if node.id not in (edge.source, edge.target) and start.x() < end.x() and wire.intersects(card):
                found.append(f"{edge.source} to {edge.target} behind {node.id}")
    return found


@pytest.mark.parametrize("path", [*examples().values(), *library.paths().values()], ids=lambda path: path.stem)
def test_every_wire_of_an_example_can_be_followed(path: Path) -> None:
    graph = file.load(path).graph
    places = {}
    for scope in {node.parent for node in graph.nodes.values()}:
        places |= arrange(graph, [node.id for node in graph.inside(scope)])
    arranged = edits.move(Project(graph=graph), places).graph
    assert hidden(graph) == []
    if not any(node.type == "reroute" for node in graph.nodes.values()):  # dots lead what no arrangement can
        assert hidden(arranged) == []


@pytest.mark.parametrize("name", examples())
def test_examples_have_no_overlap(name: str) -> None:
    graph = file.load(examples()[name]).graph
    for scope in {node.parent for node in graph.nodes.values()}:
        places = arrange(graph, [node.id for node in graph.inside(scope)])
        assert set(places) == {node.id for node in graph.inside(scope)}
        assert overlaps(graph, places) == []
        assert arrange(graph, [node.id for node in graph.inside(scope)]) == places


def test_random_graphs_and_loose_nodes() -> None:
    rng = random.Random(4)
    for count in (1, 2, 30, 120):
        nodes = {f"n{i}": Node(f"n{i}", "add" if i % 2 else "relu") for i in range(count)}
        edges = {"loop": Edge("loop", "n0", "y", "n0", "x")}  # a file may hold one
        for i in range(1, count):
            for port in ("a", "b")[: 1 + i % 2]:
                if rng.random() < 0.7:
                    id = f"e{len(edges)}"
                    edges[id] = Edge(id, f"n{rng.randrange(i)}", "y", f"n{i}", port if i % 2 else "x")
        graph = Graph(nodes, edges)
        places = arrange(graph, list(nodes))
        assert set(places) == set(nodes)
        assert overlaps(graph, places) == []


def test_the_action_is_one_step(make_window: Callable[..., Hand], example: Callable[..., Path]) -> None:
    hand = make_window(example("lenet"))
    before = hand.session.document.position
    hand.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier, hand.window)
    assert hand.session.document.position == before + 1
    hand.qtbot.waitUntil(lambda: not hand.canvas._glide.ways, timeout=10_000)  # on their way some are out of sight
    for item in hand.canvas.scene_.nodes.values():
        assert hand.viewport.rect().contains(hand.canvas.mapFromScene(item.sceneBoundingRect().center()))
