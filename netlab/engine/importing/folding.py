"""Submodules become blocks; equal ones in a chain become one block that repeats; everything gets a place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from netlab.document.blocks import make_block
from netlab.document.diff import in_order
from netlab.document.edits import EditError
from netlab.document.graph import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, Edge, Graph
from netlab.document.project import Project
from netlab.engine.importing.sketch import Scope, Sketch

replace = msgspec.structs.replace
CONTAINERS = frozenset("Sequential ModuleList ModuleDict".split())
APART, BELOW = 260.0, 150.0


@dataclass
class Folded:
    """The finished graph.

    Attributes:
        blocks: the submodule that each block was, by the block's id.
        places: for a node of the sketch, the node that now stands for it, and the number of its copy in each
            repeated block around it, by the block's id.
    """

    graph: Graph
    blocks: dict[str, Scope]
    places: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)

    def stored(self, node: str) -> str:
        """The name under which checkpoints keep the tensors of a node of the sketch."""
        now, copies = self.places[node]
        parts = [now]
        above = self.graph.nodes[now].parent
        while above:
            block = self.graph.nodes[above]
            is_list = block.options.get("mode") == "repeat" and not block.options.get("share_weights")
            parts[:0] = [above, str(copies.get(above, 0))] if is_list else [above]
            above = block.parent
        return ".".join(parts)


def fold(sketch: Sketch) -> Folded:
    """Blocks for the submodules that the nodes came from, the innermost first."""
    project = Project(graph=sketch.graph())
    members: dict[tuple[Scope, ...], list[str]] = {}
    for node, scopes in sketch.scopes.items():
        for depth in range(1, len(scopes) + 1):
            members.setdefault(scopes[:depth], []).append(node)
    blocks: dict[str, Scope] = {}
    within: dict[str, str] = {}  # the block that now stands for a node, one level out
    for scopes in sorted(members, key=len, reverse=True):
        if scopes[-1].kind in CONTAINERS:
            continue
        ids = list(dict.fromkeys(_top(within, node) for node in members[scopes]))
        if len(ids) < 2:
            continue
        try:
            project = make_block(project, ids, _title(scopes[-1].path))
        except EditError:  # its values leave and come back: as nodes it is still right
            continue
        (block,) = (n.id for n in project.graph.nodes.values() if n.type == BLOCK and n.id not in blocks)
        blocks[block] = scopes[-1]
        within |= dict.fromkeys(ids, block)
    folded = Folded(project.graph, blocks, {node: (node, {}) for node in sketch.nodes})
    _repeat(folded, blocks)
    folded.graph = arranged(folded.graph)
    return folded


def _top(within: dict[str, str], node: str) -> str:
    while node in within:
        node = within[node]
    return node


def _title(path: str) -> str:
    """The last name of a path, with the number behind it where it is one of a list."""
    parts = path.split(".")
    return "".join(parts[-2:]) if parts[-1].isdigit() and len(parts) > 1 else parts[-1]


def _repeat(folded: Folded, blocks: dict[str, Scope]) -> None:
    """Chains of equal blocks become one block, the outermost first, so that what lies inside goes with it."""
    depth = {block: _depth(folded.graph, block) for block in blocks}
    for block in sorted(blocks, key=lambda b: (depth[b], int(b[1:]))):
        if block in folded.graph.nodes:
            chain = _chain(folded.graph, block)
            if len(chain) > 1:
                shared = len({blocks[link].path for link in chain}) == 1
                _merge(folded, chain, shared, blocks[block])


def _depth(graph: Graph, node: str) -> int:
    depth = 0
    while graph.nodes[node].parent:
        node, depth = graph.nodes[node].parent, depth + 1
    return depth


def _chain(graph: Graph, block: str) -> list[str]:
    """The block and those behind it that equal it, each fed by the one before and otherwise as the first is."""
    found = [block]
    wanted = signature(graph, block)
    outputs = graph.ports(block, BLOCK_OUTPUT)
    if len(outputs) != 1:
        return found
    carried = -1
    while True:
        last = found[-1]
        after = graph.out_of(last)
        nexts = {edge.target for edge in after}
        if len(nexts) != 1 or len(after) != 1:
            return found
        (target,) = nexts
        node = graph.nodes[target]
        if node.type != BLOCK or node.parent != graph.nodes[block].parent or signature(graph, target) != wanted:
            return found
        ports = [port.id for port in graph.ports(target, BLOCK_INPUT)]
        at = ports.index(after[0].target_port)
        if carried not in (-1, at) or not _fed_alike(graph, block, target, at):
            return found
        carried = at
        found.append(target)


def _fed_alike(graph: Graph, first: str, other: str, carried: int) -> bool:
    """Whether all inputs but the carried one come from the same place."""
    feeds = []
    for block in (first, other):
        into = graph.into(block)
        ports = [port.id for port in graph.ports(block, BLOCK_INPUT)]
        feeds.append([(into[p].source, into[p].source_port) for i, p in enumerate(ports) if i != carried])
    return feeds[0] == feeds[1]


def _content(graph: Graph, block: str) -> list[str]:
    """The block and what lies inside of it, in an order that does not depend on ids: ports after the layers."""
    found = [block]
    for node in graph.inside(block):
        if node.type not in (BLOCK_INPUT, BLOCK_OUTPUT):
            found += _content(graph, node.id)
    return found + [port.id for kind in (BLOCK_INPUT, BLOCK_OUTPUT) for port in graph.ports(block, kind)]


def signature(graph: Graph, block: str) -> str:
    """What a block holds, without ids, names and places."""
    number = {node: i for i, node in enumerate(_content(graph, block))}
    nodes = [(n.type, n.options, number[n.parent]) for n in (graph.nodes[id] for id in number if id != block)]
    edges = sorted(
        tuple(str(number.get(end, end)) for end in (e.source, e.source_port, e.target, e.target_port))
        for e in graph.edges.values()
        if e.source in number and e.target in number and block not in (e.source, e.target)
    )
    return json.dumps([nodes, edges], sort_keys=True)


def _merge(folded: Folded, chain: list[str], shared: bool, scope: Scope) -> None:
    """Let the first block of a chain stand for all."""
    graph, first = folded.graph, chain[0]
    link = graph.out_of(first)[0]
    carried = [p.id for p in graph.ports(chain[1], BLOCK_INPUT)].index(link.target_port)
    groups = [_content(graph, block) for block in chain]
    gone = {node for group in groups[1:] for node in group}
    stands = {node: groups[0][i] for group in groups[1:] for i, node in enumerate(group)}
    copy = {node: number for number, group in enumerate(groups) for node in group}
    for node, (now, copies) in list(folded.places.items()):
        if now in copy:
            more = {} if shared else {first: copy[now]}
            folded.places[node] = (stands.get(now, now), copies | more)
    out = graph.ports(first, BLOCK_OUTPUT)[0].id
    edges: dict[str, Edge] = {}
    for edge in graph.edges.values():
        if edge.source == chain[-1]:
            edge = replace(edge, source=first, source_port=out)
        if edge.target not in gone and edge.source not in gone and edge.id != link.id:
            edges[edge.id] = edge
    nodes = {id: node for id, node in graph.nodes.items() if id not in gone}
    name = _title(scope.path).rstrip("0123456789") or "layers"
    options = {"mode": "repeat", "repeat": len(chain), "share_weights": shared}
    nodes[first] = replace(nodes[first], name=name, options=nodes[first].options | options)
    ports = graph.ports(first, BLOCK_INPUT)
    if carried:  # what a copy hands on enters at the first port
        nodes[ports[carried].id] = replace(ports[carried], y=ports[0].y - BELOW)
    folded.graph = Graph(in_order(nodes), in_order(edges), graph.frames)


def arranged(graph: Graph) -> Graph:
    """Every node in the column of its distance from the inputs, block by block; ports keep their order."""
    order, _ = graph.order()
    column: dict[str, int] = {}
    for node in order:
        before = [column[edge.source] + 1 for edge in graph.into(node).values() if edge.source in column]
        column[node] = max(before, default=0)
    column |= _late(graph, order, column)
    filled: dict[tuple[str, int], int] = {}
    nodes = dict(graph.nodes)
    kinds = (BLOCK_INPUT, BLOCK_OUTPUT)
    blocks = [node.id for node in graph.nodes.values() if node.type == BLOCK]
    ports = {p.id: i for block in blocks for kind in kinds for i, p in enumerate(graph.ports(block, kind))}
    for id in order:
        node = graph.nodes[id]
        place = (node.parent, column[id])
        row = filled.get(place, 0)
        filled[place] = row + 1
        nodes[id] = replace(node, x=60.0 + APART * column[id], y=120.0 + BELOW * ports.get(id, row))
    return Graph(nodes, graph.edges, graph.frames)


def _late(graph: Graph, order: Iterable[str], column: dict[str, int]) -> dict[str, int]:
    """Nodes without inputs stand right before what reads them."""
    found: dict[str, int] = {}
    for node in order:
        readers = [column[edge.target] for edge in graph.out_of(node)]
        if not graph.into(node) and readers and graph.nodes[node].type not in ("input", BLOCK_INPUT):
            found[node] = max(min(readers) - 1, 0)
    return found
