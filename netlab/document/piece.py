"""A piece of a graph, as it travels through the clipboard. What comes back is data and is checked like a file."""

from __future__ import annotations

import msgspec

from netlab.document import edits
from netlab.document.graph import Edge, Graph, Node

MAX_BYTES = 16 * 1024 * 1024


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some nodes and the wires between them."""

    nodes: list[Node]
    edges: list[Edge]


def cut_out(graph: Graph, nodes: list[str]) -> Piece:
    """These nodes with what is inside of them, and the wires that lie wholly among them."""
    chosen = graph.within(nodes)
    nodes = [*nodes, *(id for id in graph.nodes if id in chosen and id not in set(nodes))]
    edges = [edge for edge in graph.edges.values() if edge.source in chosen and edge.target in chosen]
    return Piece([graph.nodes[node] for node in nodes], edges)


def encode(piece: Piece) -> bytes:
    """JSON bytes."""
    return msgspec.json.encode(piece)


def decode(data: bytes) -> Piece:
    """Read what `encode` wrote; `EditError` if it is something else."""
    try:
        if len(data) <= MAX_BYTES:
            return msgspec.json.decode(data, type=Piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    raise edits.EditError("What is in the clipboard cannot be read as nodes, so nothing was pasted.")


def renewed(piece: Piece, graph: Graph, shift: float, parent: str = "") -> Piece:
    """The piece under ids that `graph` does not use, moved aside, in the block `parent`."""
    taken, names = set(graph.nodes), {}
    for node in piece.nodes:
        names[node.id] = edits.fresh_id(taken, "n")
        taken.add(names[node.id])
    replace = msgspec.structs.replace
    nodes = []
    for node in piece.nodes:
        inside = node.parent in names
        aside = 0.0 if inside else shift
        home = names[node.parent] if inside else parent
        nodes.append(replace(node, id=names[node.id], x=node.x + aside, y=node.y + aside, parent=home))
    used, edges = set(graph.edges), []
    for edge in piece.edges:
        if edge.source in names and edge.target in names:
            used.add(id := edits.fresh_id(used, "e"))
            ports = {
                port: names.get(port, port) for port in (edge.source_port, edge.target_port)
            }  # of blocks: node ids
            ends = {"source": names[edge.source], "target": names[edge.target]}
            ends |= {"source_port": ports[edge.source_port], "target_port": ports[edge.target_port]}
            edges.append(replace(edge, id=id, **ends))
    return Piece(nodes, edges)
