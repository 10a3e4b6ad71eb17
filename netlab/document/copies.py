"""Blocks that are copies of each other: what is edited inside of one happens in all.

Each copy has its nodes under ids of its own, so that it has its own weights, probes and place in the graph. The
first node of one copy corresponds to the first of the other, and so on, in the order of their ids: fresh ids grow, so
that this holds for what is added as well. What the copies' own options lead (`Node.bound`) may differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from netlab.document import edits, ties
from netlab.document.diff import in_order
from netlab.document.graph import Edge, Graph, Node
from netlab.document.project import Project

replace = msgspec.structs.replace
OWN = ("id", "frozen", "training")  # fields in which copies may differ
PLACE = ("x", "y")
IDS = ("parent", "shares")


def follow(before: Project, after: Project) -> Project:
    """`after` with every change that was made inside of a linked block made in its copies as well."""
    groups: dict[str, list[str]] = {}
    for node in after.graph.nodes.values():
        if node.link:
            groups.setdefault(node.link, []).append(node.id)
    for members in sorted(groups.values(), key=lambda ids: -_depth(after.graph, ids[0])):
        if len(members) > 1:
            after = _follow(before, after, members)
    return after


def content_key(graph: Graph, block: str, without: tuple[str, ...] = OWN) -> Any:
    """The content of a block without ids: equal for copies. Fields that do not matter may be left out."""
    nodes, edges = content(graph, block)
    place = {id: i for i, id in enumerate([block, *(node.id for node in nodes)])}
    told = [_told(node, place, without) for node in nodes]
    return told, sorted(str([place.get(text, text) for text in _ends(edge)]) for edge in edges)


def content(graph: Graph, block: str) -> tuple[list[Node], list[Edge]]:
    """What lies inside of a block at any depth, in the order of the graph."""
    inside = graph.within([block]) - {block}
    nodes = [node for node in graph.nodes.values() if node.id in inside]
    return nodes, [edge for edge in graph.edges.values() if edge.source in inside]


def _told(node: Node, place: dict[str, int], without: tuple[str, ...]) -> Any:
    fields = {name: getattr(node, name) for name in node.__struct_fields__ if name not in without}
    fields |= {name: place.get(fields[name], fields[name]) for name in IDS}
    fields["options"] = {name: value for name, value in node.options.items() if name not in node.bound}
    return fields


def _ends(edge: Edge) -> tuple[str, str, str, str]:
    return edge.source, edge.source_port, edge.target, edge.target_port


def _depth(graph: Graph, id: str) -> int:
    depth = 0
    while graph.nodes[id].parent in graph.nodes:
        id, depth = graph.nodes[id].parent, depth + 1
    return depth


def _follow(before: Project, after: Project, members: list[str]) -> Project:
    inside = after.graph.within(members) - set(members)
    nested = [id for id in members if id in inside or _lies_in(after.graph, id, members)]
    for id in nested:  # a copy of a block inside of itself would have no end
        after = _unlinked(after, id)
    known = [id for id in members if id not in nested and id in before.graph.nodes]
    changed = [id for id in known if content(before.graph, id) != content(after.graph, id)]
    if not changed:
        return after
    source = changed[0]
    wanted, was = content_key(after.graph, source), content_key(before.graph, source)
    for id in members:
        if id == source or id in nested or content_key(after.graph, id) == wanted:
            continue
        if id in known and content_key(before.graph, id) == was:
            after = _mirrored(before, after, source, id)
        else:
            after = _unlinked(after, id)
    return after


def _lies_in(graph: Graph, id: str, others: Iterable[str]) -> bool:
    above = graph.nodes[id].parent
    while above in graph.nodes:
        if above in others:
            return True
        above = graph.nodes[above].parent
    return False


def _unlinked(project: Project, id: str) -> Project:
    node = replace(project.graph.nodes[id], link="")
    graph = Graph({**project.graph.nodes, id: node}, project.graph.edges, project.graph.frames)
    return replace(project, graph=graph)


def _mirrored(before: Project, after: Project, source: str, copy: str) -> Project:
    """`after` with the content of `copy` as that of `source` is now."""
    graph = after.graph
    pairs = zip(content(before.graph, source), content(before.graph, copy), strict=True)
    old_nodes, old_edges = ({a.id: b.id for a, b in zip(*pair, strict=True)} for pair in pairs)
    nodes, edges = content(graph, source)
    taken = set(graph.nodes)
    names = {source: copy}
    for node in nodes:
        names[node.id] = old_nodes.get(node.id) or edits.fresh_id(taken, "n")
        taken.add(names[node.id])
    lost = [node.id for node in content(graph, copy)[0] if node.id not in names.values()]
    after = edits.remove(after, [id for id in lost if graph.nodes[id].parent not in lost]) if lost else after
    return replace(after, graph=_rebuilt(after.graph, nodes, edges, names, old_edges, copy))


def _rebuilt(
    graph: Graph, nodes: list[Node], edges: list[Edge], names: dict[str, str], old_edges: dict[str, str], copy: str
) -> Graph:
    present = dict(graph.nodes)
    for node in nodes:
        mine = present.get(names[node.id])
        ids = {name: names.get(getattr(node, name), getattr(node, name)) for name in IDS}
        if mine is not None:
            own = {option: mine.options[option] for option in node.bound if option in mine.options}
            node = replace(node, options={**node.options, **own}, frozen=mine.frozen, training=mine.training)
        present[names[node.id]] = replace(node, id=names[node.id], **ids)
    inside = set(names.values()) - {copy}
    wires = {id: edge for id, edge in graph.edges.items() if edge.source not in inside}
    used = set(graph.edges)
    for edge in edges:
        used.add(id := old_edges.get(edge.id) or edits.fresh_id(used, "e"))
        wires[id] = Edge(id, *(names.get(text, text) for text in _ends(edge)))
    return _with_parameters(Graph(in_order(present), in_order(wires), graph.frames), names, copy)


def _with_parameters(graph: Graph, names: dict[str, str], copy: str) -> Graph:
    """The options of the copy are those that its content follows: new ones come with a value, unused ones go."""
    source = next(id for id, name in names.items() if name == copy)
    theirs, mine = graph.nodes[source], graph.nodes[copy]
    led = ties.followers(graph, copy)
    missing = {name: theirs.options[name] for name in led if name not in mine.options and name in theirs.options}
    graph = ties.put_options(graph, copy, missing) if missing else graph
    unused = [name for name in mine.options if name not in theirs.options]
    return ties.without_unused(graph, copy, unused)
