"""Copy and paste of nodes, as JSON in the system clipboard."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from netlab.app.session import Session
from netlab.document import edits, piece
from netlab.document.piece import Piece

MIME = "application/x-netlab-nodes"
SHIFT = 40.0


def piece_of(session: Session) -> Piece:
    """The selection."""
    return piece.cut_out(session.project.graph, session.selection)


def copy(session: Session) -> None:
    """Put the selection into the clipboard."""
    if session.selection:
        data = QMimeData()
        data.setData(MIME, piece.encode(piece_of(session)))
        QGuiApplication.clipboard().setMimeData(data)


def paste(session: Session) -> None:
    """Add what is in the clipboard."""
    mime = QGuiApplication.clipboard().mimeData()
    if not mime.hasFormat(MIME):
        session.message.emit("The clipboard holds no nodes. Select some and copy them first.", "info")
        return
    try:
        add(session, piece.decode(bytes(mime.data(MIME).data())), "Paste")
    except edits.EditError as error:
        session.message.emit(str(error), "error")


def add(session: Session, added: Piece, label: str) -> None:
    """Add a piece as one undo step, under fresh ids and a little aside, and select it."""
    new = piece.renewed(added, session.project.graph, SHIFT, session.scope)
    top = [node.id for node in new.nodes if node.parent == session.scope]
    count = f"{len(top)} nodes" if len(top) != 1 else "1 node"
    if session.apply(f"{label} {count}", edits.add_nodes, new.nodes, new.edges):
        session.select(top)
