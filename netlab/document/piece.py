"""A piece of a graph, as it travels through the clipboard. What comes back is data and is checked like a file."""

from __future__ import annotations

import msgspec

from netlab.document import edits
from netlab.document.copies import content_key
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
    links = _links(piece, graph)
    nodes = []
    for node in piece.nodes:
        inside = node.parent in names
        aside = 0.0 if inside else shift
        home = names[node.parent] if inside else parent
        ties = {
            "shares": names.get(node.shares) or _owner(node, graph, home),
            "link": links.get(node.link, ""),
            "bound": node.bound if inside or node.parent == home else {},
        }
        nodes.append(replace(node, id=names[node.id], x=node.x + aside, y=node.y + aside, parent=home, **ties))
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


def _owner(node: Node, graph: Graph, home: str) -> str:
    """Whose weights a node shares where it is put: the same as before, if they are there."""
    owner = graph.nodes.get(node.shares)
    return node.shares if owner is not None and owner.parent == home and not owner.shares else ""


def _links(piece: Piece, graph: Graph) -> dict[str, str]:
    """What each link of the piece becomes: the same where equal blocks have it, fresh if the piece has several, or none."""
    whole = Graph({node.id: node for node in piece.nodes}, {edge.id: edge for edge in piece.edges})
    there = {node.link: node.id for node in graph.nodes.values() if node.link}
    taken, found = set(there), {}
    for link in dict.fromkeys(node.link for node in piece.nodes if node.link):
        members = [node.id for node in piece.nodes if node.link == link]
        if link in there and content_key(graph, there[link]) == content_key(whole, members[0]):
            found[link] = link
        elif len(members) > 1:
            taken.add(fresh := edits.fresh_id(taken, "l"))
            found[link] = fresh
    return found
