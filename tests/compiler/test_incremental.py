"""Taking over what an edit left as it was gives the same as starting from nothing."""

from __future__ import annotations

import random

import pytest

from netlab.compiler.infer import Inferred, infer
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.graph import Node
from netlab.document.project import Project
from netlab.layers.layer import catalogue
from netlab.options import Int

KNOWN = ("order", "inputs", "outputs", "weights", "fields", "problems", "members", "copies", "shared", "untested")


def same(a: Inferred, b: Inferred) -> bool:
    return all(getattr(a, n) == getattr(b, n) for n in KNOWN)


@pytest.mark.parametrize("name", examples())
def test_after_any_edit(name: str) -> None:
    rng = random.Random(name)
    project = file.load(examples()[name])
    inferred = infer(project)
    for turn in range(120):
        try:
            project = _edited(project, rng, turn)
        except edits.EditError:
            continue
        inferred = infer(project, inferred)
        assert same(inferred, infer(project))


def _edited(project: Project, rng: random.Random, turn: int) -> Project:
    nodes, graph_edges = list(project.graph.nodes), list(project.graph.edges)
    match rng.randrange(6):
        case 0:
            node = project.graph.nodes[rng.choice(nodes)]
            layer = catalogue()[node.type]
            numbers = [n for n, o in layer.options().items() if isinstance(o, Int)]
            if numbers:
                return edits.set_option(project, node.id, rng.choice(numbers), rng.choice([1, 2, 3, 8, 17]))
        case 1 if len(graph_edges) > 3:
            return edits.remove(project, [rng.choice(graph_edges)])
        case 2:
            one, two = rng.choice(nodes), rng.choice(nodes)
            source, target = (catalogue()[project.graph.nodes[n].type] for n in (one, two))
            if source.outputs() and target.inputs():
                return edits.connect(project, one, next(iter(source.outputs())), two, rng.choice([*target.inputs()]))
        case 3:
            return edits.add_node(project, Node(f"m{turn}", rng.choice(["relu", "linear", "add"]), options={}))
        case 4:
            return edits.move(project, {rng.choice(nodes): (1.0 * turn, 2.0)})
        case _ if turn % 10 == 0:
            return edits.set_data(project, rng.choice(["iris", "digits", "points"]), {})
    return project
