"""A piece of a graph, as it travels through the clipboard. What comes back is data and is checked like a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from netlab.document import edits
from netlab.document.copies import content_key
from netlab.document.graph import Edge, Frame, Graph, Node
from netlab.document.project import Project
from netlab.language import tr

MAX_BYTES = 16 * 1024 * 1024
replace = msgspec.structs.replace


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some nodes, the wires between them, and frames."""

    nodes: list[Node]
    edges: list[Edge]
    frames: list[Frame] = []


def cut_out(graph: Graph, nodes: list[str], frames: Iterable[str] = ()) -> Piece:
    """These nodes with what is inside of them, the wires that lie wholly among them, and these frames."""
    chosen, top = graph.within(nodes), set(nodes)
    nodes = [*nodes, *(id for id in graph.nodes if id in chosen and id not in top)]
    edges = [edge for edge in graph.edges.values() if edge.source in chosen and edge.target in chosen]
    inside = [frame.id for frame in graph.frames.values() if frame.parent in chosen]
    return Piece([graph.nodes[node] for node in nodes], edges, [graph.frames[id] for id in [*frames, *inside]])


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
    raise edits.EditError(tr("What is in the clipboard cannot be read as nodes, so nothing was pasted."))


def renewed(piece: Piece, graph: Graph, shift: float, parent: str = "") -> Piece:
    """The piece under ids that `graph` does not use, moved aside, in the block `parent`."""
    names = dict(zip((node.id for node in piece.nodes), _fresh(graph.nodes, "n"), strict=False))
    links = _links(piece, graph)
    nodes = []
    for node in piece.nodes:
        place = _place(node, names, shift, parent)
        home = str(place["parent"])
        ties = {
            "shares": names.get(node.shares) or _owner(node, graph, home),
            "link": links.get(node.link, ""),
            "bound": node.bound if node.parent in names or node.parent == home else {},
        }
        nodes.append(replace(node, id=names[node.id], **place, **ties))
    frames = [
        replace(frame, id=id, **_place(frame, names, shift, parent))
        for frame, id in zip(piece.frames, _fresh(graph.frames, "f"), strict=False)
    ]
    edges = []
    for edge, id in zip(piece.edges, _fresh(graph.edges, "e"), strict=False):
        if edge.source in names and edge.target in names:
            ports = {
                port: names.get(port, port) for port in (edge.source_port, edge.target_port)
            }  # of blocks: node ids
            ends = {"source": names[edge.source], "target": names[edge.target]}
            ends |= {"source_port": ports[edge.source_port], "target_port": ports[edge.target_port]}
            edges.append(replace(edge, id=id, **ends))
    return Piece(nodes, edges, frames)


def put_in(project: Project, piece: Piece) -> Project:
    """Add a piece to the project. Raises `EditError` as `add_nodes` does."""
    project = edits.add_nodes(project, piece.nodes, piece.edges)
    for frame in piece.frames:
        project = edits.add_frame(project, frame)
    return project


def _place(record: Node | Frame, names: dict[str, str], shift: float, parent: str) -> dict[str, object]:
    """What lies in a block of the piece stays there, the rest moves aside."""
    if record.parent in names:
        return {"parent": names[record.parent]}
    return {"x": record.x + shift, "y": record.y + shift, "parent": parent}


def _fresh(taken: Iterable[str], prefix: str) -> Iterator[str]:
    """Ids that are not taken, one after the other."""
    first = edits.fresh_id(taken, prefix)
    number = int(first[len(prefix) :])
    while True:
        yield f"{prefix}{number}"
        number += 1


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
