from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from netlab.document import edits, states
from netlab.document.edits import EditError
from netlab.document.graph import Edge, Frame, Graph, Node
from netlab.document.project import DataChoice, ProbeChoice, Project

A, B, C = Node("n1", "input"), Node("n2", "linear", options={"out_features": 8}), Node("n3", "relu")
AB, BC = Edge("e1", "n1", "y", "n2", "x"), Edge("e2", "n2", "y", "n3", "x")
FRAME = Frame("f1", title="Encoder")
PROBE = ProbeChoice("p1", "weights", "n2")
CHAIN = Project(
    graph=Graph({"n1": A, "n2": B, "n3": C}, {"e1": AB, "e2": BC}, {"f1": FRAME}),
    training={"epochs": 3},
    probes={"p1": PROBE},
)


def graph(nodes: list[Node], edges: list[Edge], frames: list[Frame] = [FRAME]) -> Graph:  # noqa: B006
    return Graph({n.id: n for n in nodes}, {e.id: e for e in edges}, {f.id: f for f in frames})


def having(**changes: object) -> Project:
    return msgspec.structs.replace(CHAIN, **changes)


def node(old: Node, **changes: object) -> Node:
    return msgspec.structs.replace(old, **changes)


D = Node("n4", "tanh", x=1.0)
CASES = {
    "add_node": (lambda p: edits.add_node(p, D), having(graph=graph([A, B, C, D], [AB, BC]))),
    "add_nodes": (
        lambda p: edits.add_nodes(p, [D], [Edge("e3", "n3", "y", "n4", "x")]),
        having(graph=graph([A, B, C, D], [AB, BC, Edge("e3", "n3", "y", "n4", "x")])),
    ),
    "remove a node": (lambda p: edits.remove(p, ["n2"]), having(graph=graph([A, C], []), probes={})),
    "remove a wire": (lambda p: edits.remove(p, ["e1"]), having(graph=graph([A, B, C], [BC]))),
    "remove a frame": (lambda p: edits.remove(p, ["f1"]), having(graph=graph([A, B, C], [AB, BC], []))),
    "move": (
        lambda p: edits.move(p, {"n1": (3, 4), "f1": (5, 6)}),
        having(graph=graph([node(A, x=3.0, y=4.0), B, C], [AB, BC], [Frame("f1", "Encoder", x=5.0, y=6.0)])),
    ),
    "set_option": (
        lambda p: edits.set_option(p, "n2", "bias", False),
        having(graph=graph([A, node(B, options={"out_features": 8, "bias": False}), C], [AB, BC])),
    ),
    "set_options": (
        lambda p: edits.set_options(p, "n2", {"size": (3, 3)}),
        having(graph=graph([A, node(B, options={"out_features": 8, "size": [3, 3]}), C], [AB, BC])),
    ),
    "rename": (
        lambda p: edits.rename(p, "n1", " cafe\u0301 "),
        having(graph=graph([node(A, name="caf\u00e9"), B, C], [AB, BC])),
    ),
    "set_frozen": (
        lambda p: edits.set_frozen(p, ["n2"], True),
        having(graph=graph([A, node(B, frozen=True), C], [AB, BC])),
    ),
    "set_pinned": (
        lambda p: states.set_pinned(p, ["n1", "n3"], True),
        having(graph=graph([node(A, pinned=True), B, node(C, pinned=True)], [AB, BC])),
    ),
    "set_bypassed": (
        lambda p: states.set_bypassed(p, ["n2"], True),
        having(graph=graph([A, node(B, bypassed=True), C], [AB, BC])),
    ),
    "connect": (
        lambda p: edits.connect(p, "n1", "y", "n3", "other"),
        having(graph=graph([A, B, C], [AB, BC, Edge("e3", "n1", "y", "n3", "other")])),
    ),
    "connect replaces": (
        lambda p: edits.connect(p, "n1", "y", "n3", "x"),
        having(graph=graph([A, B, C], [AB, Edge("e3", "n1", "y", "n3", "x")])),
    ),
    "insert_on_edge": (
        lambda p: edits.insert_on_edge(p, "e1", D, "x", "y"),
        having(graph=graph([A, B, C, D], [BC, Edge("e3", "n1", "y", "n4", "x"), Edge("e4", "n4", "y", "n2", "x")])),
    ),
    "add_frame": (
        lambda p: edits.add_frame(p, Frame("f2", width=10)),
        having(graph=graph([A, B, C], [AB, BC], [FRAME, Frame("f2", width=10.0)])),
    ),
    "set_frame": (
        lambda p: edits.set_frame(p, "f1", note="why", height=9),
        having(graph=graph([A, B, C], [AB, BC], [Frame("f1", "Encoder", "why", height=9.0)])),
    ),
    "set_data": (
        lambda p: edits.set_data(p, "iris", {"test": 0.2}),
        having(data=DataChoice("iris", {"test": 0.2})),
    ),
    "set_data_option": (
        lambda p: edits.set_data_option(p, "noise", 0.5),
        having(data=DataChoice("", {"noise": 0.5})),
    ),
    "set_training": (
        lambda p: edits.set_training(p, "seed", 7),
        having(training={"epochs": 3, "seed": 7}),
    ),
    "add_probe": (
        lambda p: edits.add_probe(p, "attention", "n3"),
        having(probes={"p1": PROBE, "p2": ProbeChoice("p2", "attention", "n3")}),
    ),
    "add_probe again": (lambda p: edits.add_probe(p, "weights", "n2"), CHAIN),
    "remove_probe": (lambda p: edits.remove_probe(p, "p1"), having(probes={})),
    "set_title": (lambda p: edits.set_title(p, "Spirals"), having(title="Spirals")),
    "set_about": (lambda p: edits.set_about(p, "x" * 60000), having(about="x" * 60000)),
}


@pytest.mark.parametrize("name", CASES)
def test_edit(name: str, check: Callable[..., None]) -> None:
    edit, expected = CASES[name]
    check(edit, CHAIN, expected)


REFUSED = {
    "id taken by a node": lambda p: edits.add_node(p, A),
    "id taken by a wire": lambda p: edits.add_node(p, Node("e1", "relu")),
    "no id": lambda p: edits.add_node(p, Node("", "relu")),
    "wire to nowhere": lambda p: edits.add_nodes(p, [], [Edge("e9", "n1", "y", "nx", "x")]),
    "two wires": lambda p: edits.add_nodes(p, [], [Edge("e9", "n1", "y", "n3", "x")]),
    "pasted circle": lambda p: edits.add_nodes(p, [], [Edge("e9", "n3", "y", "n1", "x")]),
    "unknown id": lambda p: edits.remove(p, ["n1", "n77"]),
    "pin unknown": lambda p: states.set_pinned(p, ["n77"], True),
    "frame in no block": lambda p: edits.add_frame(p, Frame("f9", parent="n1")),
    "move unknown": lambda p: edits.move(p, {"n77": (0, 0)}),
    "move to nan": lambda p: edits.move(p, {"n1": (float("nan"), 0)}),
    "nan": lambda p: edits.set_option(p, "n1", "a", float("nan")),
    "huge": lambda p: edits.set_option(p, "n1", "a", 2**60),
    "an object": lambda p: edits.set_option(p, "n1", "a", object()),
    "long text": lambda p: edits.rename(p, "n1", "x" * 5000),
    "surrogate": lambda p: edits.set_title(p, "\ud800"),
    "option of unknown": lambda p: edits.set_option(p, "n77", "a", 1),
    "self loop": lambda p: edits.connect(p, "n1", "y", "n1", "x"),
    "circle": lambda p: edits.connect(p, "n3", "y", "n1", "x"),
    "from unknown": lambda p: edits.connect(p, "n77", "y", "n1", "x"),
    "on unknown wire": lambda p: edits.insert_on_edge(p, "e77", D, "x", "y"),
    "frame field": lambda p: edits.set_frame(p, "f1", size=3),
    "frame type": lambda p: edits.set_frame(p, "f1", width="wide"),
    "unknown frame": lambda p: edits.set_frame(p, "f77", title=""),
    "no value": lambda p: edits.set_training(p, "seed", None),
    "probe on unknown": lambda p: edits.add_probe(p, "weights", "n77"),
    "unknown probe": lambda p: edits.remove_probe(p, "p77"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(EditError) as caught:
        REFUSED[name](CHAIN)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) > 20


def test_values_are_not_shared_with_the_caller() -> None:
    size = [3, 3]
    project = edits.set_option(CHAIN, "n2", "size", size)
    size.append(4)
    assert project.graph.nodes["n2"].options["size"] == [3, 3]


def test_fresh_id_counts_on_from_the_highest() -> None:
    assert edits.fresh_id([], "n") == "n1"
    assert edits.fresh_id(["n2", "n10", "e40", "nx", "n\u0663"], "n") == "n11"
