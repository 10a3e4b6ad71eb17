"""Edits that put nodes into wires and wires onto other ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from netlab.document import edits
from netlab.document.graph import Graph
from netlab.document.project import Project
from netlab.language import tr


def put_on_edge(
    project: Project, edge_id: str, node: str, in_port: str, out_port: str, place: tuple[float, float]
) -> Project:
    """Move a node that is there already into a wire: its source now feeds `in_port`, and `out_port` its target."""
    edge = project.graph.edges.get(edge_id)
    if edge is None:
        raise edits.EditError(tr("There is no wire {id!r} to put a node on.", id=edge_id))
    project = edits.move(edits.remove(project, [edge_id]), {node: place})
    project = edits.connect(project, edge.source, edge.source_port, node, in_port)
    return edits.connect(project, node, out_port, edge.target, edge.target_port)


def reroute(project: Project, edge: str, source: str, source_port: str, target: str, target_port: str) -> Project:
    """The old wire goes, the new one comes."""
    return edits.connect(edits.remove(project, [edge]), source, source_port, target, target_port)


def bridge(project: Project, nodes: Iterable[str]) -> Project:
    """Remove nodes; what fed the first wired input of each now feeds what it fed."""
    for node in nodes:
        first = next(iter(project.graph.into(node).values()), None)
        after = project.graph.out_of(node)
        project = edits.remove(project, [node])
        if first is not None:
            for edge in after:
                project = edits.connect(project, first.source, first.source_port, edge.target, edge.target_port)
    return project


def retype(
    project: Project,
    node: str,
    type: str,
    options: Mapping[str, Any],
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
) -> Project:
    """Make a node another layer under the same id, name and place, and lead its wires to the ports that it has now.

    Args:
        inputs, outputs: for each old port the new one, no new one twice; wires at ports that are not named go.
    """
    edges = {}
    for edge in project.graph.edges.values():
        if (edge.target == node and edge.target_port not in inputs) or (
            edge.source == node and edge.source_port not in outputs
        ):
            continue
        if edge.target == node:
            edge = replace(edge, target_port=inputs[edge.target_port])
        elif edge.source == node:
            edge = replace(edge, source_port=outputs[edge.source_port])
        edges[edge.id] = edge
    project = replace(project, graph=Graph(project.graph.nodes, edges, project.graph.frames))
    return edits.set_node(project, node, type=type, options=options)
