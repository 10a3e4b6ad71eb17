"""The canvas by keys alone: walk from node to node, nudge, wire, open, rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from netlab.app.canvas import editing
from netlab.app.canvas.snapping import GRID
from netlab.document.graph import BLOCK
from netlab.language import tr

if TYPE_CHECKING:
    from netlab.app.canvas.view import CanvasView

Key = Qt.Key
Keys = Qt.KeyboardModifier
STEPS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
FINE = 1.0
ASIDE = 3.0  # how much worse a node is that lies aside of the way than one that lies ahead


def press(view: CanvasView, event: QKeyEvent) -> bool:
    """Do what a key means on the canvas; False if it means nothing here."""
    key, held = Key(event.key()), event.modifiers()
    if key in STEPS:
        _arrow(view, STEPS[key], held)
    elif held & ~(Keys.ShiftModifier | Keys.KeypadModifier):
        return False
    elif key in (Key.Key_Delete, Key.Key_Backspace):
        editing.delete_selection(view)
    elif key == Key.Key_PageDown or key == Key.Key_PageUp:
        _turn(view, 1 if key == Key.Key_PageDown else -1)
    elif key in (Key.Key_Return, Key.Key_Enter):
        _open(view)
    elif key == Key.Key_Escape:
        view.session.select([])
        view.scene_.clearSelection()
    else:
        return False
    return True


def _arrow(view: CanvasView, way: tuple[int, int], held: Keys) -> None:
    """Nudge what is selected; with Alt, or with nothing selected, go to the next node that way."""
    if view.session.selection and not held & Keys.AltModifier:
        step = FINE if held & Keys.ShiftModifier else GRID
        editing.nudge(view, way[0] * step, way[1] * step)
    else:
        _walk(view, way)


def _walk(view: CanvasView, way: tuple[int, int]) -> None:
    nodes = view.scene_.nodes
    chosen = [id for id in view.session.selection if id in nodes]
    start = nodes[chosen[-1]].sceneBoundingRect().center() if chosen else None
    if start is None:
        start, candidates = view.mapToScene(view.viewport().rect().center()), list(nodes)
    else:
        candidates = [id for id in nodes if id != chosen[-1] and _ahead(nodes[id], start, way) > 0]
    if candidates:
        best = min(candidates, key=lambda id: _effort(nodes[id], start, way, bool(chosen)))
        view.session.select([best])
        view.centre_on([best])


def _ahead(item: object, start: QPointF, way: tuple[int, int]) -> float:
    to = item.sceneBoundingRect().center() - start  # type: ignore[attr-defined]
    return to.x() * way[0] + to.y() * way[1]


def _effort(item: object, start: QPointF, way: tuple[int, int], directed: bool) -> float:
    to = item.sceneBoundingRect().center() - start  # type: ignore[attr-defined]
    if not directed:
        return to.manhattanLength()
    return _ahead(item, start, way) + ASIDE * abs(to.x() * way[1] + to.y() * way[0])


def _turn(view: CanvasView, step: int) -> None:
    """To the next node, or the one before, in the order of the wires."""
    order = [id for id in view.session.inferred.order if id in view.scene_.nodes]
    order += [id for id in view.scene_.nodes if id not in set(order)]
    if order:
        chosen = view.session.selection
        at = order.index(chosen[-1]) + step if chosen and chosen[-1] in order else (0 if step > 0 else -1)
        view.session.select([order[at % len(order)]])
        view.centre_on(view.session.selection)


def start_wire(view: CanvasView) -> None:
    """Begin a wire at the selected node."""
    chosen = view.session.selection
    if len(chosen) != 1 or chosen[0] not in view.scene_.nodes:
        view.session.message.emit(tr("Select the one node at which the wire starts."), "info")
        return
    layout = view.scene_.nodes[chosen[0]].layout_
    for is_input, ports in ((False, layout.outputs), (True, layout.inputs)):
        if ports:
            view.wire_from(chosen[0], ports[0], is_input)
            return


def _open(view: CanvasView) -> None:
    """To the fix on offer, into a block, or to the options of a node."""
    chosen = view.session.selection
    if view.fix_card.focus() or not chosen:
        return
    if view.session.project.graph.nodes[chosen[-1]].type == BLOCK:
        view.session.enter(chosen[-1])
    else:
        view.edit_requested.emit(chosen[-1])
