"""What can be done to the graph on the canvas: each function makes one undoable step, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from netlab.app.canvas import aligning
from netlab.app.canvas.arrange import arrange
from netlab.app.canvas.geometry import HEADER, WIDTH, layout_of
from netlab.app.canvas.new_node import add_piece, add_wired, insert_piece, new_node, new_piece
from netlab.app.offered import offered
from netlab.compiler.passages import AROUND
from netlab.compiler.retyping import as_type
from netlab.document import edits, rewiring, states
from netlab.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Frame, Graph
from netlab.document.piece import Piece
from netlab.language import tr
from netlab.layers.layer import Layer, catalogue

if TYPE_CHECKING:
    from netlab.app.canvas.view import CanvasView

EMPTY_FRAME = QRectF(-180, -120, 360, 240)


def add_layer(view: CanvasView, key: str, pos: QPointF | None = None) -> str | None:
    """Put a new node at a point of the scene (the middle if None); on a wire it is inserted. Returns its id."""
    at = pos if pos is not None else _free_place(view)
    layer = offered()[key]
    piece = _new(view, key, *_corner(view, key, at))
    if piece is None:
        return None
    wire = view.scene_.wire_at(at) if pos is not None else None
    inputs, outputs = _own_ports(piece, layer)
    if wire is not None and inputs and outputs:
        done = view.session.apply(
            tr("Insert {layer}", layer=tr(layer.title())), insert_piece, piece, wire.id, inputs[0], outputs[0]
        )
    else:
        done = view.session.apply(tr("Add {layer}", layer=tr(layer.title())), add_piece, piece)
    if not done:
        return None
    view.session.select([piece.nodes[0].id])
    return piece.nodes[0].id


def _new(view: CanvasView, key: str, x: float, y: float) -> Piece | None:
    """A layer or block for this place, None if the library's file cannot be read, which is said."""
    try:
        return new_piece(view.session.project, key, x, y, view.session.scope)
    except edits.EditError as error:
        view.session.message.emit(str(error), "error")
        return None


def _own_ports(piece: Piece, layer: type[Layer]) -> tuple[list[str], list[str]]:
    """Inputs and outputs: of a layer their names, of a block the ids that its ports have here."""
    if len(piece.nodes) == 1:
        return list(layer.inputs()), list(layer.outputs())
    graph, block = Graph({node.id: node for node in piece.nodes}), piece.nodes[0].id
    return [p.id for p in graph.ports(block, BLOCK_INPUT)], [p.id for p in graph.ports(block, BLOCK_OUTPUT)]


def _corner(view: CanvasView, key: str, at: QPointF) -> tuple[float, float]:
    """The top left corner of a new node that is to lie under a point."""
    size = layout_of(offered()[key], set(), set()).rect.size()
    return round(at.x() - size.width() / 2), round(at.y() - min(HEADER, size.height() / 2))


def _free_place(view: CanvasView) -> QPointF:
    """The middle of the view, or below what is there already."""
    at = view.mapToScene(view.viewport().rect().center())
    while view.scene_.node_at(at) is not None:
        at += QPointF(30, 40)
    return at


def add_and_wire(view: CanvasView, key: str, pos: QPointF, node: str, port: str, is_output: bool) -> None:
    """A new node at the loose end of a wire that comes from a port."""
    layer = offered()[key]
    x = round(pos.x() if is_output else pos.x() - WIDTH)
    piece = _new(view, key, x, round(pos.y() - HEADER))
    if piece is None:
        return
    inputs, outputs = _own_ports(piece, layer)
    id, own = piece.nodes[0].id, (inputs if is_output else outputs)[0]
    wire = (node, port, id, own) if is_output else (id, own, node, port)
    if view.session.apply(tr("Add {layer}", layer=tr(layer.title())), add_wired, piece, *wire):
        view.session.select([id])


def add_dot(view: CanvasView, edge: str, pos: QPointF) -> None:
    """Bend a wire at a point."""
    dot = new_node(view.session.project, "reroute", *_corner(view, "reroute", pos), view.session.scope)
    if view.session.apply(tr("Bend wire"), edits.insert_on_edge, edge, dot, "x", "y"):
        view.session.select([dot.id])


def delete_selection(view: CanvasView) -> None:
    """Remove the selected nodes, wires and frames."""
    ids = view.scene_.selected_ids()
    if ids:
        view.session.apply(tr("Delete"), edits.remove, ids)


def bridge_selection(view: CanvasView) -> None:
    """Remove the selected nodes and join their wires."""
    if view.session.selection:
        view.session.apply(tr("Remove and join"), rewiring.bridge, view.session.selection)


def nudge(view: CanvasView, dx: float, dy: float) -> None:
    """Move the selected nodes by a step; steps in quick succession are one."""
    nodes = view.session.project.graph.nodes
    places = {id: (nodes[id].x + dx, nodes[id].y + dy) for id in view.session.selection}
    view.session.apply(tr("Nudge"), edits.move, places, merge="nudge")


def arrange_nodes(view: CanvasView) -> None:
    """Lay out the selection, or everything that is shown, along its wires; pinned nodes stay."""
    graph = view.session.project.graph
    selected = [id for id in view.session.selection if id in view.scene_.nodes]
    chosen = selected if len(selected) > 1 else list(view.scene_.nodes)
    ids = [id for id in chosen if not graph.nodes[id].pinned]
    heights = {id: view.scene_.nodes[id].layout_.rect.height() for id in ids}
    places = arrange(graph, ids, heights)
    before = {id: view.scene_.nodes[id].pos() for id in places}
    if places and view.session.apply(tr("Arrange"), edits.move, places):
        if len(chosen) == len(view.scene_.nodes):
            view.fit()
        view.glide(before)


def align(view: CanvasView, how: str) -> None:
    """Put the selected nodes in line, or at equal distances; `how` is one of `aligning.WAYS`."""
    items = {id: view.scene_.nodes[id] for id in view.session.selection if id in view.scene_.nodes}
    rects = {id: item.mapRectToScene(item.layout_.rect) for id, item in items.items()}
    words, places = tr(aligning.WAYS[how][0]), aligning.aligned(rects, how)
    if places and view.session.apply(words, edits.move, places):
        view.glide({id: rects[id].topLeft() for id in places})


def add_frame(view: CanvasView, pos: QPointF | None = None) -> str | None:
    """An empty frame at a point; without one, around the selected nodes, or in the middle. Returns its id."""
    chosen = view.session.selection if pos is None else []
    at = pos if pos is not None else view.mapToScene(view.viewport().rect().center())
    rect = view.scene_.frames.around(chosen) if chosen else EMPTY_FRAME.translated(at)
    graph = view.session.project.graph
    id = edits.fresh_id(graph.frames, "f")
    frame = Frame(id, tr("Frame"), "", rect.x(), rect.y(), rect.width(), rect.height(), parent=view.session.scope)
    if not view.session.apply(tr("Add frame"), edits.add_frame, frame):
        return None
    view.scene_.clearSelection()
    view.scene_.frames.items[id].setSelected(True)
    return id


def toggle(view: CanvasView, state: str) -> None:
    """Pin, bypass or freeze the selected nodes; if all of them are, end it."""
    edit, on_words, off_words, nothing = {
        "pinned": (states.set_pinned, tr("Pin"), tr("Unpin"), tr("Nothing is selected that could be pinned.")),
        "bypassed": (
            states.set_bypassed, tr("Bypass"), tr("End bypass"), tr("Nothing is selected that could be bypassed."),
        ),
        "frozen": (edits.set_frozen, tr("Freeze"), tr("Thaw"), tr("Nothing is selected that could be frozen.")),
    }[state]  # fmt: skip
    nodes, layers = view.session.project.graph.nodes, catalogue()
    ids = list(view.session.selection)
    if state == "bypassed":
        ids = [id for id in ids if nodes[id].type in layers and layers[nodes[id].type].role in AROUND]
    if not ids:
        view.session.message.emit(tr("{reason} Select a layer first.", reason=nothing), "info")
        return
    on = not all(getattr(nodes[id], state) for id in ids)
    view.session.apply(on_words if on else off_words, edit, ids, on)


def replace(view: CanvasView, node: str, key: str) -> None:
    """Put another layer in the place of a node; wires and options that both have stay."""
    view.session.apply(tr("Replace by {layer}", layer=tr(catalogue()[key].title())), as_type, node, key)


def select_stream(view: CanvasView, backwards: bool) -> None:
    """Select what the selected nodes lead to as well, or what leads to them."""
    graph = view.session.project.graph
    found = graph.reach(view.session.selection, backwards) | set(view.session.selection)
    view.session.select(id for id in view.scene_.nodes if id in found)


def select_all(view: CanvasView) -> None:
    """Select every node and frame that is shown."""
    view.session.select(view.scene_.nodes)
    view.scene_.frames.select(list(view.scene_.frames.items))
