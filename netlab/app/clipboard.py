"""Copy and paste of nodes, as JSON text in the system clipboard. What is pasted is data and is checked like a file."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from netlab.app.session import Session
from netlab.document import edits
from netlab.document.graph import Edge, Node

MIME = "application/x-netlab-nodes"
SHIFT = 40.0
MAX_BYTES = 16 * 1024 * 1024


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some nodes and the wires between them."""

    nodes: list[Node]
    edges: list[Edge]


def piece_of(session: Session) -> Piece:
    """The selected nodes and the wires that lie wholly among them."""
    graph, chosen = session.project.graph, set(session.selection)
    edges = [edge for edge in graph.edges.values() if edge.source in chosen and edge.target in chosen]
    return Piece([graph.nodes[node] for node in session.selection], edges)


def copy(session: Session) -> None:
    """Put the selection into the clipboard."""
    if session.selection:
        data = QMimeData()
        data.setData(MIME, msgspec.json.encode(piece_of(session)))
        QGuiApplication.clipboard().setMimeData(data)


def paste(session: Session) -> None:
    """Add what is in the clipboard, under fresh ids and a little aside."""
    mime = QGuiApplication.clipboard().mimeData()
    if not mime.hasFormat(MIME):
        session.message.emit("The clipboard holds no nodes. Select some and copy them first.", "info")
        return
    data = bytes(mime.data(MIME).data())
    try:
        piece = msgspec.json.decode(data, type=Piece) if len(data) <= MAX_BYTES else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        piece = None
    if piece is None:
        session.message.emit("What is in the clipboard cannot be read as nodes, so nothing was pasted.", "error")
        return
    add(session, piece, "Paste")


def add(session: Session, piece: Piece, label: str) -> None:
    """Add a piece as one undo step and select it."""
    graph = session.project.graph
    taken = set(graph.nodes)
    names: dict[str, str] = {}
    for node in piece.nodes:
        names[node.id] = edits.fresh_id(taken, "n")
        taken.add(names[node.id])
    edge_ids = set(graph.edges)
    nodes = [
        msgspec.structs.replace(node, id=names[node.id], x=node.x + SHIFT, y=node.y + SHIFT) for node in piece.nodes
    ]
    edges = []
    for edge in piece.edges:
        if edge.source in names and edge.target in names:
            id = edits.fresh_id(edge_ids, "e")
            edge_ids.add(id)
            edges.append(msgspec.structs.replace(edge, id=id, source=names[edge.source], target=names[edge.target]))
    count = f"{len(nodes)} nodes" if len(nodes) != 1 else "1 node"
    if session.apply(f"{label} {count}", edits.add_nodes, nodes, edges):
        session.select(names.values())
