"""What the inspector says of a node's ties: whose weights it uses, which options of its block lead it, its copies."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QInputDialog, QLabel, QMenu, QPushButton, QToolButton, QWidget

from netlab.app.form import muted
from netlab.app.session import Session
from netlab.compiler.blocks import class_of, is_free
from netlab.compiler.problem import label_among
from netlab.compiler.sharing import could_share
from netlab.document import ties, tying
from netlab.document.graph import BLOCK, BLOCK_OUTPUT, Node
from netlab.language import listing, mark, tr

OWN = mark("Its own")


def ties_of(session: Session, node: Node) -> Iterator[QWidget]:
    """Widgets for the ties that a node has or could have; none for one that stands alone."""
    if node.shares or session.inferred.weights.get(node.id) or node.id in session.inferred.members:
        yield from _weights(session, node)
    if node.parent and node.options and node.type != BLOCK_OUTPUT:
        yield from _following(session, node)
    if node.link:
        yield _copies(session, node)


def state_of(session: Session, node: Node) -> tuple[object, ...]:
    """What `ties_of` shows, as a value: equal values need no new widgets."""
    graph = session.project.graph
    copies = [other.id for other in graph.nodes.values() if node.link and other.link == node.link]
    led = list(ties.followers(graph, node.parent)) if node.parent else []
    return could_share(graph, session.inferred, node.id), ties.family(graph, node.id), led, copies


def _weights(session: Session, node: Node) -> Iterator[QWidget]:
    """Whose weights it uses: a list of those that would fit."""
    graph = session.project.graph
    fitting = could_share(graph, session.inferred, node.id)
    owners = fitting if not node.shares or node.shares in fitting else [node.shares, *fitting]
    if not owners:
        return
    box = QComboBox()
    box.setMinimumWidth(80)
    box.setObjectName("shares")
    box.setAccessibleName(tr("Whose weights it uses"))
    help = tr("Two nodes that use the same weights learn them together, as the towers of a siamese network do.")
    box.setToolTip(help)
    box.addItem(tr(OWN), "")
    for owner in owners:
        box.addItem(tr("Those of {node}", node=label_among(graph, owner)), owner)
    box.setCurrentIndex(owners.index(node.shares) + 1 if node.shares else 0)
    box.activated.connect(lambda index: share(session, node.id, str(box.itemData(index) or "")))
    yield _row(tr("Weights"), box)
    others = [label_among(graph, id) for id in ties.family(graph, node.id) if id != node.id]
    if others:
        yield muted(tr("Shared with {nodes}.", nodes=listing(others)))


def share(session: Session, node: str, owner: str) -> None:
    """Let a node use the weights of another, "" its own, as one undo step."""
    if owner:
        session.apply(tr("Share weights"), tying.share_weights, node, owner)
    else:
        session.apply(tr("Give own weights"), tying.keep_own_weights, node)


def _following(session: Session, node: Node) -> Iterator[QWidget]:
    """Which of its options follow the block around, and a menu to change that."""
    button = QToolButton()
    button.setText(tr("Options of the block…"))
    button.setObjectName("bind")
    button.setToolTip(tr("Let an option follow one of the block, so that it can be set from outside."))
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(_binding_menu(session, node, button))
    yield button
    if node.bound:
        told = (tr("{option} follows “{name}”", option=option, name=name) for option, name in node.bound.items())
        yield muted(tr("In its block, {ties}.", ties=listing(told)))


def _binding_menu(session: Session, node: Node, parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    graph = session.project.graph
    layer = class_of(graph, node)
    known = ties.followers(graph, node.parent)
    for option in layer.options() if layer is not None else ():
        if option not in node.options:
            continue
        more = menu.addMenu(tr(layer.options()[option].label) if layer is not None else option)
        for name in known:
            action = more.addAction(tr("Follow “{name}”", name=name))
            action.setCheckable(True)
            action.setChecked(node.bound.get(option) == name)
            action.triggered.connect(lambda on, o=option, n=name: bind(session, node.id, o, n if on else ""))
        more.addAction(tr("New option…"), lambda o=option: _ask_for_name(session, node.id, o, parent))
        if option in node.bound:
            more.addAction(tr("Follow nothing"), lambda o=option: bind(session, node.id, o, ""))
    return menu


def _ask_for_name(session: Session, node: str, option: str, parent: QWidget) -> None:
    title, asked = tr("Option of the block"), tr("{option} follows the option called:", option=option)
    name, done = QInputDialog.getText(parent, title, asked, text=option)
    if done and name.strip():
        bind(session, node, option, name.strip())


def bind(session: Session, node: str, option: str, name: str) -> None:
    """Let an option follow one of the block, "" nothing, as one undo step."""
    if not name:
        session.apply(tr("Unbind {option}", option=option), tying.unbind_option, node, option)
    elif is_free(name) or name in ties.followers(session.project.graph, session.project.graph.nodes[node].parent):
        session.apply(tr("Bind {option} to {name}", option=option, name=name), tying.bind_option, node, option, name)
    else:
        said = tr("A block cannot have an option called {name!r}; choose another name.", name=name)
        session.message.emit(said, "error")


def _copies(session: Session, node: Node) -> QWidget:
    count = sum(other.link == node.link for other in session.project.graph.nodes.values()) - 1
    linked = tr("Linked to no other copy yet")
    if count:
        linked = tr("Linked to 1 other copy") if count == 1 else tr("Linked to {count} other copies", count=count)
    button = QPushButton(tr("Unlink"))
    button.setObjectName("unlink")
    button.setToolTip(tr("Edit this block by itself again."))
    button.clicked.connect(lambda: session.apply(tr("Unlink block"), tying.unlink, node.id))
    return _row(linked, button)


def _row(text: str, widget: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(QLabel(text))
    layout.addWidget(widget, 1)
    return row


def copy_linked(session: Session) -> None:
    """A copy of the selected block that follows it, and is selected."""
    before = set(session.project.graph.nodes)
    block = session.selection[0]
    if session.apply(tr("Copy block, linked"), tying.copy_linked, block, 40.0):
        graph = session.project.graph
        session.select(n.id for n in graph.inside(session.scope) if n.id not in before and n.type == BLOCK)
