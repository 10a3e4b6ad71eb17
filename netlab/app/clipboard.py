"""Copy and paste of nodes, as JSON in the system clipboard."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from netlab.app.session import Session
from netlab.compiler.excerpt import excerpt
from netlab.document import edits, piece
from netlab.document.piece import Piece
from netlab.language import tr

MIME = "application/x-netlab-nodes"
SHIFT = 40.0


def piece_of(session: Session) -> Piece:
    """The selection."""
    return piece.cut_out(session.project.graph, session.selection, session.frames)


def copy(session: Session) -> None:
    """Put the selection into the clipboard: nodes for NetLab, code for everybody else."""
    if session.selection or session.frames:
        data = QMimeData()
        data.setData(MIME, piece.encode(piece_of(session)))
        data.setText(_code(session))
        QGuiApplication.clipboard().setMimeData(data)


def copy_code(session: Session) -> None:
    """Put the selection into the clipboard as text only."""
    QGuiApplication.clipboard().setText(_code(session))


def _code(session: Session) -> str:
    return excerpt(session.project, session.inferred, session.selection)


def paste(session: Session) -> None:
    """Add what is in the clipboard."""
    mime = QGuiApplication.clipboard().mimeData()
    if mime is None or not mime.hasFormat(MIME):
        session.message.emit(tr("The clipboard holds no nodes. Select some and copy them first."), "info")
        return
    try:
        add(session, piece.decode(bytes(mime.data(MIME).data())), tr("Paste"))
    except edits.EditError as error:
        session.message.emit(str(error), "error")


def add(session: Session, added: Piece, label: str) -> None:
    """Add a piece as one undo step, under fresh ids and a little aside, and select it."""
    new = piece.renewed(added, session.project.graph, SHIFT, session.scope)
    top = [node.id for node in new.nodes if node.parent == session.scope]
    count = tr("{count} nodes", count=len(top)) if len(top) != 1 else tr("1 node")
    if session.apply(f"{label} {count}", piece.put_in, new):
        session.select(top)
