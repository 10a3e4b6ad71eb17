"""Shapes, rules and source of long chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise, product
from typing import TYPE_CHECKING

from netlab.bench.row import Row, best, within

if TYPE_CHECKING:
    from netlab.document.project import Project


def chain(layers: int) -> Project:
    """Linear and ReLU in turn."""
    from netlab.compiler.builder import Graph

    g = Graph()
    x = g.add("input", field="features")
    for i in range(layers // 2):
        x = g.add("relu", g.add("linear", x, name=f"fc{i}", out_features=64))
    g.add("output", x)
    g.add("mse_loss", x, x)
    return g.project("chain", "iris")


def chain_of_blocks(layers: int) -> Project:
    """The same with ten layers in a block, and a way around them."""
    from netlab.document import edits
    from netlab.document.graph import Edge, Node

    project = edits.set_data(chain(2), "iris", {})
    nodes, edges = [], []
    source, port = "n2", "y"
    for i in range(layers // 10):
        block, start, end = f"n{20 * i + 100}", f"n{20 * i + 101}", f"n{20 * i + 119}"
        inside = [(f"n{20 * i + 102 + k}", "relu" if k % 2 else "linear") for k in range(10)]
        nodes += [Node(block, "block", f"layer{i}", {"mode": "plain"}), Node(start, "block_input", parent=block)]
        nodes += [
            Node(id, type, parent=block, options={"out_features": 64} if type == "linear" else {})
            for id, type in inside
        ]
        nodes += [Node(end, "block_output", parent=block)]
        ids = [start, *(id for id, _ in inside), end]
        pairs = [(a, "y", b, "x") for a, b in pairwise(ids)]
        pairs.append((source, port, block, start))
        edges += [Edge(f"e{20 * i + 100 + k}", *pair) for k, pair in enumerate(pairs)]
        source, port = block, end
    project = edits.add_nodes(project, nodes, edges)
    for edge in [e for e in project.graph.edges.values() if e.source == "n3"]:
        project = edits.connect(project, source, port, edge.target, edge.target_port)
    return project


def rows() -> Iterator[Row]:
    """Shapes, rules and source of long chains."""
    from netlab.compiler.infer import infer
    from netlab.compiler.lint import lint
    from netlab.compiler.source import generate
    from netlab.document import edits

    sizes = ((1_000, (5.0, 5.0, 50.0)), (10_000, (50.0, 50.0, 500.0)))
    for build, (layers, limits) in product((chain, chain_of_blocks), sizes):
        project, what = build(layers), f"{layers:,} layers{' in blocks' if build is chain_of_blocks else ''}"
        inferred = infer(project)
        edited = edits.set_option(project, "n2", "out_features", 65)
        actions: list[tuple[str, Callable[[], object]]] = [
            ("infer after an edit", lambda p=edited, i=inferred: infer(p, i)),
            ("lint", lambda p=project, i=inferred: lint(p, i)),
            ("source", lambda p=project, i=inferred: generate(p, i)),
        ]
        for (case, action), limit in zip(actions, limits, strict=True):
            took = best(action)
            yield within("compile", f"{case}, {what}", took, "ms", limit)
        took, limit = best(lambda p=project: infer(p)), layers / 40
        yield within("compile", f"infer from nothing, {what}", took, "ms", limit)
