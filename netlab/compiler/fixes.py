"""Carry out a fix that a problem has on offer, as one edit of the project."""

from __future__ import annotations

from netlab.compiler.check import check
from netlab.compiler.problem import Problem
from netlab.compiler.trace import source_fix
from netlab.document import edits
from netlab.document.graph import Node
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.layers.layer import Fix, catalogue


def apply_fix(project: Project, problem: Problem, fix: Fix) -> Project:
    """The project with `fix` applied at the place of `problem`.

    Raises:
        EditError: the place is no longer there.
    """
    if fix.action == "set_option":
        return _set_option(project, problem, fix)
    if fix.action == "insert":
        return _insert(project, problem, fix)
    if fix.action == "remove":
        return edits.remove(project, [str(i) for i in fix.values["ids"]])  # type: ignore[attr-defined]
    raise edits.EditError(f"NetLab does not know how to do {fix.action!r}.")


def _set_option(project: Project, problem: Problem, fix: Fix) -> Project:
    name, value = str(fix.values["name"]), fix.values["value"]
    port = fix.values.get("of")
    if port:  # the option sits on the layer that feeds this port
        offers = source_fix(project, check(project), problem.node, str(port), int(str(value)))
        if not offers:
            raise edits.EditError(f"No layer before {problem.where} has {name}; change it by hand.")
        return edits.set_option(project, offers[0].node, str(offers[0].values["name"]), value)
    return edits.set_option(project, fix.node or problem.node, name, value)


def _insert(project: Project, problem: Problem, fix: Fix) -> Project:
    key = str(fix.values["type"])
    layer = catalogue()[key](**fix.values.get("options", {}))  # type: ignore[arg-type]
    edge = project.graph.into(problem.node).get(problem.port)
    if edge is None:
        raise edits.EditError("The wire where this fix belongs is gone.")
    before, after = project.graph.nodes[edge.source], project.graph.nodes[edge.target]
    node = Node(
        id=edits.fresh_id(project.graph.nodes, "n"),
        type=key,
        options=plain(layer.values),
        x=(before.x + after.x) / 2,
        y=(before.y + after.y) / 2,
    )
    return edits.insert_on_edge(project, edge.id, node, next(iter(layer.inputs())), next(iter(layer.outputs())))
