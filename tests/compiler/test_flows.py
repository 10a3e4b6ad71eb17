"""What flows along the wires: kinds, and where a gradient goes."""

from __future__ import annotations

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.flows import Flow, flows
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project


def by_ends(project: Project) -> dict[tuple[str, str], Flow]:
    """What flows, by the names of both ends."""
    found = flows(project, check(project))
    nodes = project.graph.nodes
    told = lambda id: nodes[id].name or nodes[id].type  # noqa: E731
    return {(told(e.source), told(e.target)): found[e.id] for e in project.graph.edges.values()}


def classifier() -> Project:
    g = Graph()
    x = g.add("input", field="features")
    hidden = g.add("relu", g.add("linear", x, name="fc", out_features=8))
    scores = g.add("linear", hidden, name="scores", out_features=3)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", name="label", field="label"))
    return g.project("classifier", "iris")


def test_a_gradient_flows_from_the_loss_to_what_learns() -> None:
    found = by_ends(classifier())
    assert {ends for ends, flow in found.items() if flow.learns} == {
        ("fc", "relu"), ("relu", "scores"), ("scores", "cross_entropy_loss"),
    }  # fmt: skip
    assert found["label", "cross_entropy_loss"].kind == "target"
    assert found["fc", "relu"].kind == "feature"


def test_behind_frozen_layers_no_gradient_is_needed() -> None:
    project = edits.set_frozen(classifier(), ["n2"], True)
    assert project.graph.nodes["n2"].name == "fc"
    found = by_ends(project)
    assert {ends for ends, flow in found.items() if flow.learns} == {("scores", "cross_entropy_loss")}


def test_a_wire_without_a_shape_is_of_no_kind() -> None:
    g = Graph()
    g.add("relu", g.add("linear", name="fc"))
    found = by_ends(g.project("open", "iris"))
    assert found["fc", "relu"] == Flow()


def test_the_kinds_in_a_transformer_are_told_apart() -> None:
    found = by_ends(file.load(examples()["transformer"]))
    assert found["source", "source_embedding"].kind == "tokens"
    assert found["not_padding", "encoder"].kind == "mask"
    assert found["encoder", "cross_attention"].kind == "memory"
    assert found["encoder", "cross_attention"].learns
    assert found["target", "loss"].kind == "target"
    assert by_ends(file.load(examples()["lenet"]))["conv1", "relu"].kind == "image"


def test_the_state_of_a_scan_carries_a_gradient() -> None:
    project = file.load(examples()["lstm_from_gates"])
    found, nodes = flows(project, check(project)), project.graph.nodes
    inside = [e for e in project.graph.edges.values() if nodes[e.source].type == "block_input"]
    states = {e.id for e in inside if nodes[e.source].name in ("h", "c")}
    assert states
    assert all(found[id].learns for id in states)
