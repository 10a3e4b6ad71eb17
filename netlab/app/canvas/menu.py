"""The menu of a node."""

from __future__ import annotations

from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from netlab.app.session import Session
from netlab.document import edits
from netlab.probes.probe import catalogue as probes


def node_menu(session: Session, node: str, parent: QWidget) -> QMenu:
    """What can be done with a node: rename, freeze, watch, delete."""
    menu = QMenu(parent)
    record = session.project.graph.nodes[node]
    menu.addAction("Rename…", lambda: _rename(session, node, parent))
    if session.inferred.weights.get(node):
        freeze = menu.addAction("Freeze weights")
        freeze.setCheckable(True)
        freeze.setChecked(record.frozen)
        freeze.toggled.connect(lambda on: session.apply("Freeze" if on else "Thaw", edits.set_frozen, [node], on))
    for key, probe in probes().items():
        if probe.can_watch(record.type, bool(session.inferred.weights.get(node))):
            action = menu.addAction(probe.title)
            action.setCheckable(True)
            action.setChecked(watched(session, key, node) is not None)
            action.toggled.connect(lambda on, key=key: watch(session, key, node, on))
    menu.addSeparator()
    menu.addAction("Delete", lambda: session.apply("Delete", edits.remove, session.selection or [node]))
    return menu


def watched(session: Session, probe: str, node: str) -> str | None:
    """Id of the probe choice on a node, None if it is not watched."""
    found = (c.id for c in session.project.probes.values() if (c.probe, c.node) == (probe, node))
    return next(found, None)


def watch(session: Session, probe: str, node: str, on: bool) -> None:
    """Begin or end to watch a node, as an edit that can be undone."""
    choice = watched(session, probe, node)
    title = probes()[probe].title
    if on and choice is None:
        session.apply(title, edits.add_probe, probe, node)
    elif not on and choice is not None:
        session.apply(f"Stop: {title.lower()}", edits.remove_probe, choice)


def _rename(session: Session, node: str, parent: QWidget) -> None:
    name, done = QInputDialog.getText(parent, "Rename", "Name:", text=session.project.graph.nodes[node].name)
    if done:
        session.apply("Rename", edits.rename, node, name.strip())
