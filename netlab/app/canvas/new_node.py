"""Make a node of a layer type, or a block of the library, ready for the canvas."""

from __future__ import annotations

from netlab.compiler.fields import fields_of
from netlab.document import edits, file, library, rewiring
from netlab.document.graph import Node
from netlab.document.piece import Piece
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.language import tr
from netlab.layers.layer import catalogue


def new_node(project: Project, key: str, x: float, y: float, parent: str = "") -> Node:
    """A node with every option written down; an Input takes the first field that no other Input has yet."""
    layer = catalogue()[key]
    options = plain(layer().values)
    if layer.role == "input":
        fields, _ = fields_of(project.data)
        used = {node.options.get("field") for node in project.graph.nodes.values() if node.type == key}
        free = [field.name for field in fields if field.name not in used] or [field.name for field in fields]
        options["field"] = free[0] if free else ""
    return Node(edits.fresh_id(project.graph.nodes, "n"), key, options=options, x=x, y=y, parent=parent)


def new_piece(project: Project, key: str, x: float, y: float, parent: str = "") -> Piece:
    """What a key of `netlab.app.offered` stands for; the node to look at comes first, what is inside of it behind.

    Raises:
        EditError: the file of a block is gone or broken.
    """
    if not key.startswith(library.PREFIX):
        return Piece([new_node(project, key, x, y, parent)], [])
    try:
        return library.piece_of(library.paths()[key], project.graph, x, y, parent)[0]
    except (KeyError, file.FileError, OSError) as error:
        raise edits.EditError(tr("The block cannot be read from the library: {fault}", fault=error)) from error


def add_piece(project: Project, piece: Piece) -> Project:
    """Put it on the canvas."""
    return edits.add_nodes(project, piece.nodes, piece.edges)


def add_wired(project: Project, piece: Piece, source: str, source_port: str, target: str, target_port: str) -> Project:
    """The same together with the wire that asked for it, as one step."""
    return edits.connect(add_piece(project, piece), source, source_port, target, target_port)


def insert_piece(project: Project, piece: Piece, edge: str, in_port: str, out_port: str) -> Project:
    """The same in the middle of a wire."""
    node = piece.nodes[0]
    return rewiring.put_on_edge(add_piece(project, piece), edge, node.id, in_port, out_port, (node.x, node.y))
