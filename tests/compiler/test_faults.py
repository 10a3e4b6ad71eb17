"""Hundreds of graphs with one mistake each: every one is told in words at its place, with a fix that works."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest

from netlab import language
from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.fixes import apply_fix
from netlab.compiler.problem import Problem, label
from netlab.data.dataset import catalogue as sources
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.graph import Edge
from netlab.document.project import Project
from netlab.layers.layer import catalogue
from netlab.options import Choice, Float, Int, Size
from tests.texts import Bracketed, outside

Fault = tuple[str, Project]
MORE = os.environ.get("NETLAB_FAULTY", "").split()
"""Further examples to be broken in every way, as ``dev.py torture`` does."""


def mlp() -> Project:
    g = Graph()
    x = g.add("input", field="features", name="features")
    x = g.add("relu", g.add("linear", x, name="hidden", out_features=16))
    x = g.add("layer_norm", g.add("dropout", x))
    x = g.add("linear", x, name="scores", out_features=3)
    g.add("output", x)
    g.add("cross_entropy_loss", x, g.add("input", field="label", name="label"), name="loss")
    return g.project("MLP", "iris")


def regression() -> Project:
    g = Graph()
    x = g.add("input", field="features", name="features")
    first = g.add("tanh", g.add("linear", x, name="hidden", out_features=24))
    second = g.add("gelu", g.add("linear", first, name="again", out_features=24))
    x = g.add("linear", g.add("add", first, second, name="residual"), name="value", out_features=1)
    g.add("output", x)
    g.add("mse_loss", x, g.add("input", field="target", name="target"), name="loss")
    return g.project("Regression", "diabetes")


@cache
def sound() -> dict[str, Project]:
    """Projects without a problem."""
    found = {"mlp": mlp(), "regression": regression()}
    found |= {name: file.load(examples()[name]) for name in ("spirals", "lenet", "lstm_digits", "gpt_blocks", *MORE)}
    assert all(not check(project).blocking for project in found.values())
    return found


def faults(project: Project) -> Iterator[Fault]:
    """The project with one mistake, in every way that is tried here."""
    graph = project.graph
    yield from ((f"without wire {id}", edits.remove(project, [id])) for id in graph.edges)
    for id in graph.nodes:
        yield f"without node {label(graph.nodes[id])}", edits.remove(project, [id])
    for node in graph.nodes.values():
        yield from _bad_options(project, node.id)
        if node.type != "input":
            yield (
                f"{node.id} of a type with a typo",
                edits.set_node(project, node.id, type=node.type[:-1] + "x", options=node.options),
            )
    yield from _rewired(project)
    yield from _replaced(project)
    yield "another data set", edits.set_data(project, "nowhere", {})
    for node in graph.nodes.values():
        if node.type == "input":
            yield f"{node.id} with a field that is not there", edits.set_option(project, node.id, "field", "nothing")


def _bad_options(project: Project, id: str) -> Iterator[Fault]:
    node = project.graph.nodes[id]
    for name, option in catalogue()[node.type].options().items():
        match option:
            case Int() | Float():
                bad: Any = option.max * 2 + 1
            case Size():
                bad = [option.min - 1] * len(option.default)
            case Choice():
                bad = "neither"
            case _:
                bad = 3
        yield f"{id}.{name} = {bad}", edits.set_option(project, id, name, bad)
        if isinstance(option, Int) and name in ("out_features", "num_heads", "num_embeddings"):
            for value in (1, 5, 7):
                yield f"{id}.{name} = {value}", edits.set_option(project, id, name, value)
        if isinstance(option, Size) and "kernel" in name:
            yield f"{id}.{name} = 99", edits.set_option(project, id, name, [99] * len(option.default))
    yield f"{id}.nonsense", edits.set_option(project, id, "nonsense", 1)


def _rewired(project: Project) -> Iterator[Fault]:
    graph = project.graph
    for edge in graph.edges.values():
        for other in graph.nodes.values():
            ports = list(catalogue()[other.type].outputs())
            if other.id in (edge.source, edge.target) or not ports or other.parent != graph.nodes[edge.target].parent:
                continue
            try:
                yield (
                    f"{edge.id} from {other.id}",
                    edits.connect(project, other.id, ports[0], edge.target, edge.target_port),
                )
            except edits.EditError:  # a cycle, which no gesture can make; a file can
                edges = {**graph.edges, edge.id: Edge(edge.id, other.id, ports[0], edge.target, edge.target_port)}
                changed = msgspec.structs.replace(graph, edges=edges)
                yield f"{edge.id} closes a cycle", msgspec.structs.replace(project, graph=changed)


def _replaced(project: Project) -> Iterator[Fault]:
    for node in project.graph.nodes.values():
        for key in ("conv2d", "embedding", "lstm", "flatten", "max_pool2d"):
            cls = catalogue()[node.type]
            if key != node.type and list(cls.inputs()) == ["x"] and list(cls.outputs()) == ["y"]:
                yield f"{node.id} as {key}", edits.set_node(project, node.id, type=key, options={})


def _blocking(project: Project) -> list[Problem]:
    return check(project).blocking


@pytest.fixture(scope="module")
def broken() -> list[tuple[str, Project, list[Problem]]]:
    """All faults that are faults: some rewirings are only another model."""
    found = []
    for name, project in sound().items():
        for about, changed in faults(project):
            blocking = _blocking(changed)
            if blocking:
                found.append((f"{name}: {about}", changed, blocking))
    return found


def test_there_are_enough(broken: list[tuple[str, Project, list[Problem]]]) -> None:
    assert len(broken) >= 500


def called(project: Project, port: str) -> str:
    """What people call a port: that of a block has the id of a node inside, which has the name."""
    inside = project.graph.nodes.get(port)
    return inside.name if inside is not None else port


def test_every_one_is_told_in_words_at_its_place(broken: list[tuple[str, Project, list[Problem]]]) -> None:
    for about, project, blocking in broken:
        first = blocking[0]
        assert first.message.endswith((".", "?", ")")), (about, first.message)
        assert "Traceback" not in first.message
        if first.node:
            assert label(project.graph.nodes[first.node]) in first.message, (about, first.message)
        if first.code == "shape" and first.edge:
            edge = project.graph.edges[first.edge]
            shape = check(project, fixes=False).outputs[edge.source, edge.source_port]
            ports = [called(project, port) for port in (edge.source_port, edge.target_port)]
            for part in (label(project.graph.nodes[edge.source]), str(shape), *ports):
                assert part in first.message, (about, part, first.message)


def test_every_one_is_told_in_the_language_in_use(
    broken: list[tuple[str, Project, list[Problem]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_texts", Bracketed())
    kinds = {(blocking[0].code, blocking[0].message[-40:]): (about, changed) for about, changed, blocking in broken}
    for about, changed in list(kinds.values())[:: max(len(kinds) // 40, 1)]:
        known = names_in(changed)
        for problem in check(changed).problems:
            for text in (problem.message, problem.where, *(fix.label for fix in problem.fixes)):
                left = re.sub(r"'[^']*'|“[^”]*”", " ", outside(text))
                words = [word for word in re.findall(r"[A-Za-z_]{2,}", left) if word not in known]
                assert not words, (about, text)


def names_in(project: Project) -> set[str]:
    """What is called the same in every language: nodes, types, ports, options, and what can be chosen."""
    found = {*project.graph.nodes, *catalogue(), *sources()}
    for node in project.graph.nodes.values():
        found |= {node.name, node.type}
    for layer in catalogue().values():
        found |= {layer.__name__, *layer.inputs(), *layer.outputs(), *layer.options()}
        choices = [option.choices for option in layer.options().values() if isinstance(option, Choice)]
        found |= {word for words in choices for word in words}
    source = sources().get(project.data.source)
    found |= {field.name for field in source(**project.data.options).fields()} if source is not None else set()
    return {word for name in found for word in re.findall(r"[A-Za-z_]{2,}", name)} | {"None", "True", "False", "out"}


def test_every_one_has_a_fix(broken: list[tuple[str, Project, list[Problem]]]) -> None:
    without = [f"{about}: {blocking[0].message}" for about, _, blocking in broken if not blocking[0].fixes]
    assert not without, f"{len(without)} of {len(broken)}:\n" + "\n".join(without[:20])


def test_the_fixes_that_are_offered_compile(broken: list[tuple[str, Project, list[Problem]]]) -> None:
    offered, failing = 0, []
    for about, project, blocking in broken:
        for fix in blocking[0].fixes:
            offered += 1
            left = _blocking(apply_fix(project, blocking[0], fix))
            if left:
                failing.append(f"{about}: {fix.label}: {left[0].message}")
    share = 1 - len(failing) / offered
    assert share >= 0.95, f"{share:.1%} of {offered}:\n" + "\n".join(failing[:25])
