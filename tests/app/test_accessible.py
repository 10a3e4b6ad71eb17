"""What a screen reader gets of the graph: names, roles and states of nodes, ports and wires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app.conftest import Hand
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

from netlab.app.canvas import accessible
from netlab.document import edits, states

Name, Description = QAccessible.Text.Name, QAccessible.Text.Description


@pytest.fixture
def lenet(make_window: Callable[..., Hand], example: Callable[..., Path]) -> Hand:
    accessible.install()
    return make_window(example("lenet"))


def children(of: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    for number in range(of.childCount()):
        child = of.child(number)
        assert child is not None
        assert of.indexOfChild(child) == number
        yield child


def test_nodes_ports_and_wires_have_names_and_roles(lenet: Hand) -> None:
    canvas = QAccessible.queryAccessibleInterface(lenet.canvas)
    assert canvas is not None
    assert canvas.text(Name) == "Graph, 15 nodes, 14 wires"
    parts = list(children(canvas))
    roles = [part.role() for part in parts]
    assert roles == 15 * [QAccessible.Role.ListItem] + 14 * [QAccessible.Role.Link]
    names = [part.text(Name) for part in parts]
    assert names[0].startswith("image, Input")
    (conv,) = [part for part in parts if part.text(Name).startswith("conv2, Conv2d")]
    assert "parameters" in conv.text(Name)
    ports = [(port.role(), port.text(Name)) for port in children(conv)]
    assert ports[0][0] == QAccessible.Role.Button
    assert ports[0][1].startswith("Input x, wired from MaxPool2d, B × 12 × 14 × 14")
    assert ports[1][1].startswith("Output y, wired to ReLU")
    assert any(name.startswith("Wire from conv2 to ReLU, image, B × 32") for name in names)
    assert all(part.parent() is not None and part.rect().isValid() for part in parts)
    at = conv.rect().center()
    found = canvas.childAt(at.x(), at.y())
    assert found is not None
    assert found.text(Name) == conv.text(Name)


def test_states_follow_the_document_and_parts_end_with_it(lenet: Hand) -> None:
    canvas = QAccessible.queryAccessibleInterface(lenet.canvas)
    conv = next(part for part in children(canvas) if part.text(Name).startswith("conv2"))
    node = next(n.id for n in lenet.session.project.graph.nodes.values() if n.name == "conv2")
    lenet.session.select([node])
    lenet.session.apply("Bypass", states.set_bypassed, [node], True)
    assert "bypassed" in conv.text(Name)
    assert conv.state().selected
    lenet.session.apply("Remove", edits.remove, [node])
    assert not conv.isValid()
    assert conv.text(Name) == ""
    assert conv.state().invalid
    assert canvas.text(Name).startswith("Graph, 14 nodes")
    assert all(part.isValid() for part in children(canvas))
    lenet.session.undo()
    assert len(list(children(canvas))) == 29


def test_an_error_is_told(lenet: Hand) -> None:
    graph = lenet.session.project.graph
    flat = next(n.id for n in graph.nodes.values() if n.type == "flatten")
    lenet.session.apply("Cut", edits.remove, [graph.into(flat)["x"].id])
    canvas = QAccessible.queryAccessibleInterface(lenet.canvas)
    (told,) = [part for part in children(canvas) if part.text(Name).startswith("flat,")]
    assert "1 problem" in told.text(Name)
    assert "Nothing is wired" in told.text(Description)


def test_what_can_be_worked_has_a_name(lenet: Hand) -> None:
    """Fields, lists and views of the window say what they are."""
    kinds = ("QLineEdit", "QListView", "QTreeWidget", "QComboBox", "QSpinBox", "QPlainTextEdit", "QGraphicsView")
    silent = []
    for widget in lenet.window.findChildren(QWidget):
        named = any(widget.inherits(kind) for kind in kinds)
        inner = widget.objectName().startswith("qt_") or (widget.parentWidget() or widget).inherits("QAbstractSpinBox")
        if named and not inner and widget.isVisibleTo(lenet.window) and not widget.accessibleName():
            silent.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parentWidget()).__name__}")
    assert silent == []
