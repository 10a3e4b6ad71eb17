"""Whether a project whose values all have the right types also makes sense: ids, wires, blocks, probes."""

from __future__ import annotations

from collections.abc import Iterator

from netlab.document.diff import records
from netlab.document.graph import BLOCK, Graph
from netlab.document.project import Project
from netlab.document.values import MAX_DEPTH, MAX_EDGES, MAX_NODES
from netlab.language import tr

Fault = tuple[str, str, str]
PLACES = {"node": "graph.nodes", "edge": "graph.edges", "frame": "graph.frames", "probe": "probes"}


def faults(project: Project) -> Iterator[Fault]:
    """What is wrong with a project whose values all have the right types.

    Each fault is a place, what is wrong there, and what to do.
    """
    graph = project.graph
    if len(graph.nodes) > MAX_NODES or len(graph.edges) > MAX_EDGES:
        yield (
            "graph",
            tr("A graph holds at most {nodes} nodes and {edges} wires.", nodes=MAX_NODES, edges=MAX_EDGES),
            tr("Split it."),
        )
    owner: dict[str, str] = {}
    for kind, place in PLACES.items():
        for key, record in records(project, kind).items():
            here = f"{place}.{key}"
            if key != record.id or not key:
                yield (
                    here,
                    tr("It is filed under {key!r} but has the id {id!r}.", key=key, id=record.id),
                    tr("Make both equal."),
                )
            if kind != "probe" and owner.setdefault(key, here) != here:
                yield (
                    here,
                    tr("The id {key!r} is also used by {owner}.", key=key, owner=owner[key]),
                    tr("Give one of them another id."),
                )
    wired: dict[tuple[str, str], str] = {}
    for edge in graph.edges.values():
        here = f"graph.edges.{edge.id}"
        for end in (edge.source, edge.target):
            if end not in graph.nodes:
                yield (
                    here,
                    tr("The wire refers to node {end!r}, which does not exist.", end=end),
                    tr("Remove the wire."),
                )
        first = wired.setdefault((edge.target, edge.target_port), edge.id)
        if first != edge.id:
            message = tr(
                "Wires {first} and {second} both end in input {port!r} of {node!r}.",
                first=first,
                second=edge.id,
                port=edge.target_port,
                node=edge.target,
            )
            yield here, message, tr("Remove one of them.")
    yield from _nesting(graph)
    yield from _ties(graph)
    for probe in project.probes.values():
        if probe.node not in graph.nodes:
            here = f"probes.{probe.id}"
            yield here, tr("It watches node {node!r}, which does not exist.", node=probe.node), tr("Remove the probe.")
    for name, value in project.training.items():
        if value is None:
            yield f"training.{name}", tr("The value is missing."), tr("Write a value.")


def _nesting(graph: Graph) -> Iterator[Fault]:
    """Blocks that are none, that lie in themselves, and wires across their borders."""
    for node in graph.nodes.values():
        depth, above = 0, node
        while above.parent:
            here = f"graph.nodes.{node.id}.parent"
            depth += 1
            found = graph.nodes.get(above.parent)
            if found is None or found.type != BLOCK:
                yield (
                    here,
                    tr("It lies in {parent!r}, which is no block.", parent=above.parent),
                    tr("Remove the parent."),
                )
                break
            if depth > MAX_DEPTH:
                yield here, tr("Blocks lie in each other in a circle, or too deep."), tr("Remove the parent.")
                break
            above = found
    for frame in graph.frames.values():
        if frame.parent and (frame.parent not in graph.nodes or graph.nodes[frame.parent].type != BLOCK):
            yield (
                f"graph.frames.{frame.id}.parent",
                tr("It lies in {parent!r}, which is no block.", parent=frame.parent),
                tr("Remove the frame."),
            )
    for edge in graph.edges.values():
        ends = [graph.nodes.get(edge.source), graph.nodes.get(edge.target)]
        if None not in ends and ends[0].parent != ends[1].parent:  # type: ignore[union-attr]
            yield f"graph.edges.{edge.id}", tr("The wire crosses the border of a block."), tr("Remove the wire.")


def _ties(graph: Graph) -> Iterator[Fault]:
    """Shared weights that nobody has, and options that follow nothing."""
    for node in graph.nodes.values():
        owner = graph.nodes.get(node.shares)
        if node.shares and (owner is None or owner.shares or owner is node):
            message = tr("It shares the weights of {owner!r}, which has none of its own.", owner=node.shares)
            yield f"graph.nodes.{node.id}.shares", message, tr("Name the node that has the weights.")
        for option, name in node.bound.items():
            if option not in node.options or not node.parent:
                message = tr(
                    "Its option {option!r} follows {name!r}, but there is no such option or no block around it.",
                    option=option,
                    name=name,
                )
                yield f"graph.nodes.{node.id}.bound", message, tr("Remove it.")
