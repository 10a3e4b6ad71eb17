"""Carry out a fix that a problem has on offer, as one edit of the project."""

from __future__ import annotations

from netlab.compiler.infer import infer
from netlab.compiler.problem import Problem
from netlab.compiler.retyping import as_type
from netlab.compiler.trace import source_fix
from netlab.data.dataset import source_of
from netlab.document import edits, rewiring, states, tying
from netlab.document.graph import BLOCK_INPUT, Node
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.language import tr
from netlab.layers.layer import Fix, catalogue

APART, BELOW = 320.0, 140.0


def apply_fix(project: Project, problem: Problem, fix: Fix) -> Project:
    """The project with `fix` applied at the place of `problem`.

    Raises:
        EditError: the place is no longer there.
    """
    match fix.action:
        case "set_option":
            return _set_option(project, problem, fix)
        case "insert":
            return _insert(project, problem, fix)
        case "remove":
            return edits.remove(project, [str(i) for i in fix.values["ids"]])  # type: ignore[attr-defined]
        case "connect":
            return _connect(project, problem, fix)
        case "feed":
            return _feed(project, problem, str(fix.values["field"]))
        case "lead_in":
            return _lead_in(project, problem, str(fix.values["source"]), str(fix.values["source_port"]))
        case "append":
            return _append(project, problem, fix)
        case "set_type":
            given: dict[str, object] = fix.values.get("options", {})  # type: ignore[assignment]
            return as_type(project, fix.node or problem.node, str(fix.values["type"]), given)
        case "own_weights":
            return tying.keep_own_weights(project, problem.node)
        case "bridge":
            return rewiring.bridge(project, [fix.node or problem.node])
        case "end_bypass":
            return states.set_bypassed(project, [problem.node], False)
        case "set_data":
            key = str(fix.values["source"])
            return edits.set_data(project, key, plain(source_of(key, {}).values))
        case "set_data_option":
            return edits.set_data_option(project, str(fix.values["name"]), fix.values["value"])
        case "set_training":
            return edits.set_training(project, str(fix.values["name"]), fix.values["value"])
        case _:
            raise edits.EditError(tr("NetLab does not know how to do {action!r}.", action=fix.action))


def _set_option(project: Project, problem: Problem, fix: Fix) -> Project:
    name, value = str(fix.values["name"]), fix.values["value"]
    port = fix.values.get("of")
    if port:  # the option sits on the layer that feeds this port
        offers = source_fix(project, infer(project), problem.node, str(port), int(str(value)))
        if not offers:
            raise edits.EditError(
                tr("No layer before {where} has {name}; change it by hand.", where=problem.where, name=name)
            )
        return edits.set_option(project, offers[0].node, str(offers[0].values["name"]), value)
    return edits.set_option(project, fix.node or problem.node, name, value)


def _insert(project: Project, problem: Problem, fix: Fix) -> Project:
    key = str(fix.values["type"])
    layer = catalogue()[key](**fix.values.get("options", {}))  # type: ignore[arg-type]
    edge = project.graph.into(problem.node).get(problem.port)
    if edge is None:
        raise edits.EditError(tr("The wire where this fix belongs is gone."))
    before, after = project.graph.nodes[edge.source], project.graph.nodes[edge.target]
    node = Node(
        id=edits.fresh_id(project.graph.nodes, "n"),
        type=key,
        options=plain(layer.values),
        x=(before.x + after.x) / 2,
        y=(before.y + after.y) / 2,
        parent=before.parent,
    )
    return edits.insert_on_edge(project, edge.id, node, next(iter(layer.inputs())), next(iter(layer.outputs())))


def _append(project: Project, problem: Problem, fix: Fix) -> Project:
    """A new node at the right of what feeds it; a wire without a source gets an Input of its own."""
    key = str(fix.values["type"])
    wires: list[dict[str, str]] = fix.values["wires"]  # type: ignore[assignment]
    source = project.graph.nodes[wires[0]["source"]]
    node = edits.fresh_id(project.graph.nodes, "n")
    x, y = source.x + APART, source.y + (BELOW if len(wires) > 1 else 0.0)
    values = plain(catalogue()[key]().values)
    project = edits.add_node(project, Node(node, key, options=values, x=x, y=y, parent=source.parent))
    for wire in wires:
        start = wire["source"]
        if not start:
            project, start = _new_input(project, wire["field"], source.x, y + BELOW)
        project = edits.connect(project, start, wire["source_port"], node, wire["port"])
    return project


def _connect(project: Project, problem: Problem, fix: Fix) -> Project:
    """A wire to the port of the problem, or to the ports that the fix names."""
    cut: list[str] = fix.values.get("cut", [])  # type: ignore[assignment]
    project = edits.remove(project, cut) if cut else project
    ports: list[list[str]] = fix.values.get("ports", [[problem.node, problem.port]])  # type: ignore[assignment]
    source, source_port = str(fix.values["source"]), str(fix.values["source_port"])
    if "through" in fix.values:
        cls = catalogue()[str(fix.values["through"])]
        given: dict[str, object] = fix.values.get("options", {})  # type: ignore[assignment]
        before, after = project.graph.nodes[source], project.graph.nodes[problem.node]
        place = {"x": (before.x + after.x) / 2, "y": (before.y + after.y) / 2}
        new = edits.fresh_id(project.graph.nodes, "n")
        node = Node(
            id=new, type=str(fix.values["through"]), options=plain(cls(**given).values), x=place["x"], y=place["y"]
        )
        project = edits.connect(edits.add_node(project, node), source, source_port, new, next(iter(cls.inputs())))
        source, source_port = new, next(iter(cls.outputs()))
    for node, port in ports:
        project = edits.connect(project, source, source_port, node, port)
    return project


def _feed(project: Project, problem: Problem, field: str) -> Project:
    """A new Input wired to the port of the problem."""
    node = project.graph.nodes[problem.node]
    project, start = _new_input(project, field, node.x - APART, node.y)
    return edits.connect(project, start, "y", problem.node, problem.port)


def _lead_in(project: Project, problem: Problem, source: str, source_port: str) -> Project:
    """A new port of the block around the node: wired from outside, and inside to the port of the problem."""
    node = project.graph.nodes[problem.node]
    port = edits.fresh_id(project.graph.nodes, "n")
    values = plain(catalogue()[BLOCK_INPUT]().values)
    entry = Node(port, BLOCK_INPUT, problem.port, options=values, x=node.x - APART, y=node.y, parent=node.parent)
    project = edits.connect(edits.add_node(project, entry), port, "y", problem.node, problem.port)
    return edits.connect(project, source, source_port, node.parent, port)


def _new_input(project: Project, field: str, x: float, y: float) -> tuple[Project, str]:
    node = edits.fresh_id(project.graph.nodes, "n")
    values = plain(catalogue()["input"](field=field).values)
    return edits.add_node(project, Node(id=node, type="input", name=field, options=values, x=x, y=y)), node
