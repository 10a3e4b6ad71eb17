"""A window, and a hand that works it with real mouse and key events."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nursery
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from netlab.app.offered import offered
from netlab.app.session import Session
from netlab.app.theme import set_theme
from netlab.app.window import MainWindow
from netlab.document import file

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier
ROOT = Path(__file__).resolve().parents[2]


class Hand:
    """Mouse and keyboard at a window. Points are in the canvas viewport unless a widget is named."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.canvas = window.canvas
        self.viewport = window.canvas.viewport()
        self.session = window.session
        self._carried: list[QMimeData] = []
        tree = window.palette_.tree
        tree.startDrag = lambda _: self._carried.append(tree.mimeData(tree.selectedItems()))  # type: ignore[method-assign]

    def settle(self) -> None:
        """Let everything happen that is waiting to."""
        for _ in range(3):
            QApplication.processEvents()

    def drag(self, start: QPoint, end: QPoint, modifiers: Qt.KeyboardModifier = NO_KEYS) -> None:
        """Press, move in steps, release."""
        QTest.mousePress(self.viewport, LEFT, modifiers, start)
        for step in range(1, 6):
            QTest.mouseMove(self.viewport, start + (end - start) * step / 5)
            self.settle()
        QTest.mouseRelease(self.viewport, LEFT, modifiers, end)
        self.settle()

    def click(self, at: QPoint, modifiers: Qt.KeyboardModifier = NO_KEYS) -> None:
        """One click on the canvas."""
        QTest.mouseClick(self.viewport, LEFT, modifiers, at)
        self.settle()

    def click_node(self, node: str) -> None:
        """Click a node on its header."""
        rect = self.canvas.node_rect(node)
        self.click(QPoint(rect.center().x(), rect.top() + 10))

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO_KEYS, widget: QWidget | None = None) -> None:
        """Press a key, in the canvas unless a widget is named."""
        QTest.keyClick(widget or self.canvas, key, modifiers)
        self.settle()

    def type(self, widget: QWidget, text: str) -> None:
        """Type into a field in place of what is there, and press Enter."""
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(widget, text)
        QTest.keyClick(widget, Qt.Key.Key_Return)
        self.settle()

    def drop(self, key: str, at: QPoint) -> str:
        """Drag a layer out of the palette, onto a point of the canvas; returns the node's id."""
        before = set(self.session.project.graph.nodes)
        palette = self.window.palette_
        palette.field.setFocus()
        QTest.keyClick(palette.field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(palette.field, offered()[key].title())
        item = next(
            item
            for i in range(palette.tree.topLevelItemCount())
            if (item := palette.tree.topLevelItem(i)) is not None and item.data(0, Qt.ItemDataRole.UserRole) == key
        )
        palette.tree.scrollToItem(item)
        self._carry(palette.tree, palette.tree.visualItemRect(item).center(), at)
        nodes = self.session.project.graph.nodes
        added = {id for id in nodes if id not in before and nodes[id].parent == self.session.scope}
        assert len(added) == 1, f"dropping {key} added {added}"
        return added.pop()

    def _carry(self, tree: QTreeWidget, start: QPoint, end: QPoint) -> None:
        """Drag an item of the tree over the canvas and let it go.

        The offscreen platform ends every drag at once, so the press and the moves are real, what the drag
        carries is taken where it starts, and the canvas gets the events that a platform would send.
        """
        carried = self._carried
        carried.clear()
        QTest.mousePress(tree.viewport(), LEFT, NO_KEYS, start)
        for step in (8, 16, 24):
            QTest.mouseMove(tree.viewport(), start + QPoint(step, 4))
            self.settle()
        QTest.mouseRelease(tree.viewport(), LEFT, NO_KEYS, start + QPoint(24, 4))
        assert carried, "the palette did not start a drag"
        copy, held = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(end, copy, carried[0], held, NO_KEYS)
        QApplication.sendEvent(self.viewport, enter)
        assert enter.isAccepted()
        move = QDragMoveEvent(end, copy, carried[0], held, NO_KEYS)
        QApplication.sendEvent(self.viewport, move)
        assert move.isAccepted()
        QApplication.sendEvent(self.viewport, QDropEvent(QPointF(end), copy, carried[0], held, NO_KEYS))
        self.settle()

    def wire(self, source: str, source_port: str, target: str, target_port: str) -> None:
        """Drag a wire from an output to an input."""
        self.drag(self.canvas.port_position(source, source_port), self.canvas.port_position(target, target_port))

    def scene_point(self, x: float, y: float) -> QPoint:
        """A point of the scene, in the viewport."""
        return self.canvas.mapFromScene(QPointF(x, y))

    def field(self, name: str) -> QWidget:
        """A widget of the inspector by its object name."""
        self.settle()
        found: list[QWidget] = []

        def shown() -> None:
            fields = self.window.docks["Inspector"].findChildren(QWidget, name)
            found[:] = [field for field in fields if field.isVisibleTo(self.window)]
            assert found, f"the inspector shows no {name}"

        self.qtbot.waitUntil(shown)
        return found[-1]


@pytest.fixture(scope="session")
def warm_python(warm_engines: Callable[[], bytes] | None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What windows start for Python, so that the commands they ask do not load torch each time."""
    if warm_engines is None:
        return sys.executable
    return str(nursery.python(warm_engines(), tmp_path_factory.mktemp("warm") / "python"))


@pytest.fixture(autouse=True)
def ask_warm_python(warm_python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let windows start it in every test here."""
    monkeypatch.setattr(sys, "executable", warm_python)


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[Callable[..., Hand]]:
    """Opens windows, with a project or empty."""
    windows: list[MainWindow] = []

    def make(path: Path | str | None = None, keep_journal: bool = False) -> Hand:
        set_theme("light")
        window = MainWindow(Session(keep_journal))
        windows.append(window)
        window.resize(1440, 900)
        if path is not None:
            assert window.session.open(path)
        window.show()
        qtbot.waitExposed(window)
        QApplication.processEvents()
        return Hand(window, qtbot)

    yield make
    QApplication.clipboard().clear()  # what Python put there must not outlive Python
    for window in windows:
        window.session.stop()
        window.session.close()
        window.session.document.mark_saved(None, "")
        window.close()
        window.deleteLater()


@pytest.fixture
def hand(make_window: Callable[..., Hand]) -> Hand:
    """A hand at an empty window."""
    return make_window()


@pytest.fixture
def example(tmp_path: Path) -> Callable[..., Path]:
    """Copies an example, set to few steps, into a folder of its own."""

    def copy(name: str, **training: object) -> Path:
        from netlab.document import edits

        project = file.load(ROOT / "examples" / f"{name}.netlab")
        for key, value in training.items():
            project = edits.set_training(project, key, value)
        path = tmp_path / f"{name}.netlab"
        file.save(project, path)
        return path

    return copy
