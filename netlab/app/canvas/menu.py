"""The menus of the right button: for a node, a port, a wire, a frame, and the canvas itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QMenu

from netlab.app.canvas import editing
from netlab.app.session import Session
from netlab.compiler.passages import AROUND
from netlab.document import edits
from netlab.document.graph import BLOCK
from netlab.language import tr
from netlab.layers.layer import catalogue
from netlab.probes.probe import catalogue as probes

if TYPE_CHECKING:
    from netlab.app.canvas.view import CanvasView

CLIPBOARD = ("cut", "copy", "duplicate", "")
LINES = ("left", "centre", "right", "top", "middle", "bottom", "across", "down")


def menu_at(view: CanvasView, pos: QPointF | None) -> QMenu:
    """The menu for what lies at a point of the scene; None: for the selection, as the menu key asks."""
    scene, session = view.scene_, view.session
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if pos is None:
        if session.selection:
            _node_menu(menu, view, session.selection[-1])
        else:
            _canvas_menu(menu, view, view.mapToScene(view.viewport().rect().center()))
    elif (port := scene.port_at(pos)) is not None:
        _port_menu(menu, view, port[0].node.id, port[1], port[2])
    elif (node := scene.node_at(pos)) is not None:
        if node.node.id not in session.selection:
            session.select([node.node.id])
        _node_menu(menu, view, node.node.id)
    elif (wire := scene.wire_at(pos)) is not None:
        scene.clearSelection()
        wire.setSelected(True)
        _wire_menu(menu, view, wire.id, pos)
    elif (frame := scene.frames.at(pos)) is not None:
        _frame_menu(menu, view, frame, pos)
    else:
        _canvas_menu(menu, view, pos)
    return menu


def _put(menu: QMenu, view: CanvasView, *ids: str) -> None:
    """Actions of the window by their ids; "" is a line between."""
    for id in ids:
        if not id:
            menu.addSeparator()
        elif id in view.commands:
            menu.addAction(view.commands[id])


def _node_menu(menu: QMenu, view: CanvasView, node: str) -> None:
    session = view.session
    record = session.project.graph.nodes[node]
    if record.type == BLOCK:
        _put(menu, view, "open_block", "dissolve_block", "copy_linked", "keep_block", "")
    _put(menu, view, "rename", "replace")
    _states(menu, view, node)
    _watching(menu, session, node)
    menu.addSeparator()
    if len(session.selection) > 1:
        lines = menu.addMenu(tr("Align"))
        _put(lines, view, *(f"align_{how}" for how in LINES))
        _put(menu, view, "arrange")
    _put(menu, view, "add_frame", "make_block", "select_upstream", "select_downstream", "")
    _put(menu, view, *CLIPBOARD, "copy_code", "bridge", "delete")


def _states(menu: QMenu, view: CanvasView, node: str) -> None:
    session = view.session
    record, layer = session.project.graph.nodes[node], catalogue().get(session.project.graph.nodes[node].type)
    offered = [(tr("Pin in place"), "pinned", True)]
    offered.append((tr("Bypass"), "bypassed", layer is not None and layer.role in AROUND))
    offered.append((tr("Freeze weights"), "frozen", session.inferred.learns(node) or record.frozen))
    menu.addSeparator()
    for words, state, fits in offered:
        if fits:
            action = menu.addAction(words, lambda state=state: editing.toggle(view, state))
            action.setCheckable(True)
            action.setChecked(getattr(record, state))


def _watching(menu: QMenu, session: Session, node: str) -> None:
    record = session.project.graph.nodes[node]
    menu.addSeparator()
    for key, probe in probes().items():
        if probe.can_watch(record.type, session.inferred.learns(node)):
            action = menu.addAction(tr(probe.title))
            action.setCheckable(True)
            action.setChecked(watched(session, key, node) is not None)
            action.toggled.connect(lambda on, key=key: watch(session, key, node, on))


def _port_menu(menu: QMenu, view: CanvasView, node: str, port: str, is_input: bool) -> None:
    graph = view.session.project.graph
    wires = [e for e in graph.out_of(node) if e.source_port == port]
    if is_input:
        wires = [edge for name, edge in graph.into(node).items() if name == port]
    item = view.scene_.nodes[node]
    at = item.port_pos(port, is_input) + QPointF(-120 if is_input else 120, 0)
    menu.addAction(tr("Add a layer here…"), lambda: view.scene_.wire_dropped.emit(node, port, not is_input, at))
    menu.addAction(tr("Wire by keys"), lambda: (view.session.select([node]), view.wire_from(node, port, is_input)))
    ids = [edge.id for edge in wires]
    cut = menu.addAction(tr("Disconnect"), lambda: view.session.apply(tr("Disconnect"), edits.remove, ids))
    cut.setEnabled(bool(ids))


def _wire_menu(menu: QMenu, view: CanvasView, edge: str, pos: QPointF) -> None:
    menu.addAction(tr("Insert a layer…"), lambda: view.open_quick_add(pos))
    menu.addAction(tr("Bend here"), lambda: editing.add_dot(view, edge, pos))
    menu.addSeparator()
    menu.addAction(tr("Remove wire"), lambda: view.session.apply(tr("Remove wire"), edits.remove, [edge]))


def _frame_menu(menu: QMenu, view: CanvasView, frame: str, pos: QPointF) -> None:
    menu.addAction(tr("Edit frame…"), lambda: view.frame_requested.emit(frame))
    content = [id for id in view.scene_.frames.content(frame) if id in view.scene_.nodes]
    menu.addAction(tr("Select content"), lambda: view.session.select(content)).setEnabled(bool(content))
    menu.addAction(tr("Remove frame"), lambda: view.session.apply(tr("Remove frame"), edits.remove, [frame]))
    menu.addSeparator()
    _canvas_menu(menu, view, pos)


def _canvas_menu(menu: QMenu, view: CanvasView, pos: QPointF) -> None:
    menu.addAction(tr("Add layer…"), lambda: view.open_quick_add(pos))
    if not view.scene_.frames.at(pos):
        menu.addAction(tr("Add frame"), lambda: editing.add_frame(view, pos))
    _put(menu, view, "", "paste", "select_all", "", "arrange", "fit", "leave_block")


def watched(session: Session, probe: str, node: str) -> str | None:
    """Id of the probe choice on a node, None if it is not watched."""
    found = (c.id for c in session.project.probes.values() if (c.probe, c.node) == (probe, node))
    return next(found, None)


def watch(session: Session, probe: str, node: str, on: bool) -> None:
    """Begin or end to watch a node, as an edit that can be undone."""
    choice = watched(session, probe, node)
    title = tr(probes()[probe].title)
    if on and choice is None:
        session.apply(title, edits.add_probe, probe, node)
    elif not on and choice is not None:
        session.apply(tr("Stop: {title}", title=title.lower()), edits.remove_probe, choice)
