"""The whole window in a language that puts brackets around what it says: what stands outside of them was forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAction, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QGraphicsScene,
    QGraphicsSimpleTextItem,
    QGraphicsTextItem,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTabBar,
    QTableView,
    QTreeView,
    QWidget,
)

from netlab import language
from netlab.app.canvas.menu import menu_at
from netlab.app.data.hub_dialog import HubDialog
from netlab.app.frame_dialog import FrameDialog
from netlab.app.importing.arrived_dialog import ArrivedDialog
from netlab.app.importing.model_dialog import ModelDialog
from netlab.app.preferences_dialog import PreferencesDialog
from netlab.app.search import search
from netlab.app.shortcuts_dialog import ShortcutsDialog
from netlab.app.sweeps.dialog import SweepDialog
from netlab.app.window import MainWindow
from netlab.document import edits
from netlab.document.graph import Frame
from netlab.language import tr
from netlab.layers.layer import catalogue
from netlab.protocol.arrivals import Arrived, Kept
from tests.app.conftest import Hand
from tests.texts import Bracketed, every, outside, texts

ACROSS = Qt.Orientation.Horizontal
SAME_EVERYWHERE = (
    r"<[^>]*>|&\w+;",  # markup
    r"\b(Ctrl|Alt|Shift|Meta|Del|Ins|Esc|Enter|Return|Tab|Space|Home|End|PgUp|PgDown|Left|Right|Up|Down|F\d+)\b",
    r"\d[\d.,]*\s*[kMGT]?(FLOP|B|s|ms)\b",  # an amount
    r"[\w*/-]*[._/]\w[\w./]*",  # a file, a name in code
    r"\b(NetLab|PyTorch|Python|ONNX|Markdown|MIT|FLOP|MiB|GiB|Adam\w*|SGD)\b",
)


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> Bracketed:
    made = Bracketed()
    monkeypatch.setattr(language, "_texts", made)
    monkeypatch.setattr(language, "_projects", made)
    return made


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Python draws as text, as it is drawn."""
    seen: list[str] = []
    real = QPainter.drawText

    def draw(painter: QPainter, *args: Any) -> Any:
        seen.extend(arg for arg in args if isinstance(arg, str))
        return real(painter, *args)

    monkeypatch.setattr(QPainter, "drawText", draw)
    return seen


# --- what is a text that was forgotten


def forgotten(text: str, names: re.Pattern[str]) -> str:
    """The part of a text that is in no language; "" if there is none. `names` are those of the project and the code."""
    left = outside(text)
    left = names.sub(" ", left)
    for pattern in SAME_EVERYWHERE:
        left = re.sub(pattern, " ", left)
    words = re.findall(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’]+", left)
    return " ".join(words)


def names_of(window: MainWindow) -> set[str]:
    """What stays as it is in every language: names of nodes, names in code, what can be chosen."""
    from netlab.options import Choice, Options, Text

    project = window.session.project
    found = {*project.graph.nodes, "English"}
    for node in project.graph.nodes.values():
        found |= {node.name, node.type, *(str(value) for value in node.options.values())}
    for thing in (project.data.options, project.training):
        found |= {str(value) for value in thing.values()}
    for layer in catalogue().values():
        found |= {layer.torch_name, layer.paper, *layer.inputs(), *layer.outputs()}
    for weights in window.session.inferred.weights.values():
        found |= set(weights)
    for options in every(Options):
        for name, option in options.options().items():
            found |= {name} if "_" in name else set()
            found |= set(option.choices) if isinstance(option, Choice) else set()
            found |= {str(option.default)} if isinstance(option, Text) else set()
    found |= set(window.session.inferred.fields)
    return found


# --- what is there to be read


def read(widget: QWidget) -> Iterator[tuple[str, str]]:
    """Everything that a widget and all inside of it say, with a word about where."""
    for part in (widget, *widget.findChildren(QWidget)):
        where = f"{type(part).__name__} {part.objectName()}".strip()
        if isinstance(part, QWidget) and _is_qts_own(part):
            continue
        for say in ("toolTip", "statusTip", "whatsThis", "accessibleName", "accessibleDescription"):
            yield f"{where}, {say}", getattr(part, say)()
        if part.isWindow() or isinstance(part, QDockWidget):
            yield f"{where}, windowTitle", part.windowTitle()
        yield from ((where, text) for text in _own(part))
    for scene in widget.findChildren(QGraphicsScene):
        for item in scene.items():
            yield f"{type(item).__name__}, toolTip", item.toolTip()
            if isinstance(item, QGraphicsTextItem):
                yield type(item).__name__, item.toPlainText()
            if isinstance(item, QGraphicsSimpleTextItem):
                yield type(item).__name__, item.text()


def _is_qts_own(part: QWidget) -> bool:
    """What Qt says itself Qt translates; and what is code is the same everywhere."""
    above = part.parentWidget()
    if isinstance(above, QDialogButtonBox) and isinstance(part, QPushButton):
        return above.standardButton(part) != QDialogButtonBox.StandardButton.NoButton
    while above is not None and not (isinstance(above, QMenu) and above.title() == "Plot Options"):
        above = above.parentWidget()
    hidden = above is not None or (isinstance(part, QMenu) and part.title() == "Plot Options")  # nobody gets this menu
    inside = part.objectName().startswith(("qt_", "Scroll")) and not isinstance(part, QTabBar)
    return bool(hidden or inside or part.property("code"))


def _own(part: QWidget) -> Iterator[str]:
    match part:
        case QLabel() | QAbstractButton():
            yield part.text()
        case QLineEdit():
            yield part.placeholderText()
        case QAbstractSpinBox():
            yield part.text()
        case QComboBox():
            yield from (part.itemText(i) for i in range(part.count()))
        case QTabBar():
            yield from (part.tabText(i) for i in range(part.count()))
        case QMenu():
            yield part.title()
        case QAbstractItemView() if part.model() is not None:
            model = part.model()
            if isinstance(part, QTableView | QTreeView):
                yield from (str(model.headerData(i, ACROSS) or "") for i in range(model.columnCount()))
            yield from _cells(model, part.rootIndex())
    for action in part.actions():
        yield from said_by(action)


def _cells(model: Any, parent: Any) -> Iterator[str]:
    role = Qt.ItemDataRole
    for row in range(min(model.rowCount(parent), 200)):
        for column in range(30):
            index = model.index(row, column, parent)
            if not index.isValid():
                break
            for kind in (role.DisplayRole, role.ToolTipRole, role.AccessibleTextRole):
                yield str(index.data(kind) or "")
            if column == 0:
                yield from _cells(model, index)


def said_by(action: QAction) -> Iterator[str]:
    """What an action says where it may be shown."""
    yield from (action.text(), action.iconText(), action.toolTip(), action.statusTip())


class Reader:
    """Reads parts of a window and collects what was forgotten there."""

    def __init__(self, window: MainWindow, painted: list[str]) -> None:
        self.window, self.painted = window, painted
        self._known: set[str] = set()
        self.know(names_of(window))
        self.found: dict[str, set[str]] = {}
        self._judged: dict[str, str] = {"": ""}

    def know(self, names: Iterable[str]) -> None:
        """These stay as they are in every language."""
        self._known |= {name.strip() for name in names if name.strip()}
        longest_first = sorted(map(re.escape, self._known), key=len, reverse=True)
        self.names = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)")

    def judge(self, part: str, said: Iterable[tuple[str, str]]) -> None:
        for where, text in said:
            if text not in self._judged:
                self._judged[text] = forgotten(text, self.names)
            if self._judged[text]:
                self.found.setdefault(part, set()).add(f"{where}: {outside(text).strip()[:100]!r}")

    def widget(self, part: str, widget: QWidget) -> None:
        """Read a widget, also what it draws."""
        self.painted.clear()
        widget.grab()
        self.judge(part, read(widget))
        self.judge(part, (("drawn", text) for text in self.painted))

    def dialog(self, part: str, dialog: QDialog) -> None:
        dialog.show()
        QApplication.processEvents()
        self.widget(part, dialog)
        dialog.reject()


def test_no_text_of_the_window_is_forgotten(
    brackets: Bracketed, painted: list[str], make_window: Callable[..., Hand], example: Callable[..., Path]
) -> None:
    hand = make_window(example("transformer"))
    window = hand.window
    _leave_the_title(hand)
    _make_it_tell_much(hand)
    reader = Reader(window, painted)
    read_window(hand, reader)
    read_canvas(hand, reader)
    for name, dock in window.docks.items():
        dock.show()
        dock.raise_()
        hand.settle()
        if name != "Data":
            reader.widget(name, dock.widget())
    read_inspector(hand, reader)
    read_data(hand, reader)
    read_dialogs(hand, reader)
    own = {layer.paper for layer in catalogue().values()} | {layer.torch_name for layer in catalogue().values()}
    unknown = [t for t in brackets.asked.difference(*texts().values(), own) if forgotten(t, reader.names)]
    assert not unknown, f"said by tr, but not collected, so that nobody can translate it: {unknown}"
    told = "\n".join(f"{part}: {text}" for part, found in reader.found.items() for text in sorted(found))
    assert not told, f"said in English, whatever the language is:\n{told}"


def _leave_the_title(hand: Hand) -> None:
    """What an example is called in another language is not written into the project."""
    hand.session.select([])
    hand.window.show_view("Inspector")
    hand.settle()
    title = hand.window.inspector.findChild(QLineEdit, "title")
    assert title.text() == "⟦Transformer that sorts⟧"
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert hand.session.project.title == "Transformer that sorts"
    QTest.keyClicks(title, "!")
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert hand.session.project.title == "⟦Transformer that sorts⟧!"
    hand.session.undo()


def _make_it_tell_much(hand: Hand) -> None:
    """A frame, a state of each kind, a problem with fixes, a minimap."""
    session = hand.session
    first, second, third, *_ = [n for n in session.project.graph.nodes if session.inferred.learns(n)]
    session.apply(tr("Add frame"), edits.add_frame, Frame("f9", "", "", 0, 0, 300, 200))
    for id, state in ((first, "pinned"), (second, "frozen"), (third, "bypassed")):
        session.select([id])
        hand.window.actions_[{"pinned": "pin", "frozen": "freeze", "bypassed": "bypass"}[state]].trigger()
    hand.window.actions_["minimap"].trigger()
    hand.settle()


def read_window(hand: Hand, reader: Reader) -> None:
    """Menus, toolbar, status bar, titles of docks, dialogs, palettes."""
    window = hand.window
    reader.judge("window", [("title", window.windowTitle())])
    reader.judge("window", [("status", window.facts.text())])
    for action in window.actions_.values():
        reader.judge("window", ((f"action {action.text()}", text) for text in said_by(action)))
    for menu in (*window.menuBar().findChildren(QMenu), window.examples_menu):
        menu.aboutToShow.emit()
        reader.judge("window", read(menu))
    for dock in window.docks.values():
        reader.judge(
            "window", [("dock", dock.windowTitle()), *(("dock", text) for text in said_by(dock.toggleViewAction()))]
        )
    reader.dialog("window", PreferencesDialog(window))
    reader.dialog("window", ShortcutsDialog(window))
    reader.dialog("window", FrameDialog(window.session, "f9", window))
    for typed in ("", "e", "zzzz"):
        window.command_palette.open_all()
        window.command_palette.field.setText(typed)
        reader.widget("window", window.command_palette)
    window.command_palette.hide()


def read_canvas(hand: Hand, reader: Reader) -> None:
    """Nodes from afar and near, wires, menus, the box to add layers, the screen reader's words."""
    canvas = hand.canvas
    for zoom in (0.3, 1.0):
        canvas.set_zoom(zoom)
        hand.settle()
        reader.widget("canvas", canvas)
    for item in canvas.scene_.items():
        reader.judge("canvas", [(f"{type(item).__name__}, toolTip", item.toolTip())])
    node = next(iter(canvas.scene_.nodes.values()))
    wire = next(iter(canvas.scene_.wires.values()))
    frame = canvas.scene_.frames.items["f9"]
    ports = node.layout_.outputs or node.layout_.inputs
    places = [
        node.mapRectToScene(node.layout_.rect).center(),
        node.port_pos(ports[0], ports is node.layout_.inputs),
        wire.path.pointAtPercent(0.5),
        frame.mapRectToScene(frame.boundingRect()).center(),
        canvas.scene_.contents().bottomRight() * 2,
    ]
    for place in places:
        menu = menu_at(canvas, place)
        reader.judge("canvas", read(menu))
        for inner in menu.findChildren(QMenu):
            reader.judge("canvas", read(inner))
        menu.deleteLater()
    for typed in ("", "e", "zzzz"):
        canvas.open_quick_add(QRectF(canvas.scene_.contents()).center())
        canvas.quick_add.field.setText(typed)
        reader.widget("canvas", canvas.quick_add)
    canvas.quick_add.hide()
    reader.judge("canvas", _heard(canvas))


def _heard(canvas: Any) -> Iterator[tuple[str, str]]:
    from PySide6.QtGui import QAccessible

    from netlab.app.canvas.accessible import GraphAccess

    access = GraphAccess(canvas)
    parts = [access, *(access.child(i) for i in range(access.childCount()))]
    parts += [part.child(i) for part in parts[1:6] for i in range(part.childCount())]  # type: ignore[union-attr]
    for part in parts:
        for kind in (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Help):
            yield "screen reader", part.text(kind)  # type: ignore[union-attr]


def read_inspector(hand: Hand, reader: Reader) -> None:
    """One node of each kind of layer, and several."""
    session = hand.session
    inspector = hand.window.inspector
    hand.window.show_view("Inspector")
    kinds = {node.type: node.id for node in session.project.graph.nodes.values()}
    for chosen in [[id] for id in kinds.values()] + [list(kinds.values())]:
        session.select(chosen)
        inspector.refresh()
        reader.widget("Inspector", inspector)


def read_data(hand: Hand, reader: Reader) -> None:
    """Every page of what was seen of the data; what is in the data stays as it is."""
    panel = hand.window.data
    hand.window.show_view("Data")
    hand.qtbot.waitUntil(lambda: panel.preview.preview is not None, timeout=60_000)
    seen = panel.preview.preview
    reader.know(chain(*seen.texts, *seen.answers, seen.captions, seen.classes, seen.vocabulary, seen.header))
    reader.know(field.name for field in seen.fields)
    for place in range(panel.preview.tabs.count()):
        panel.preview.tabs.setCurrentIndex(place)
        reader.widget("Data", panel)


def read_dialogs(hand: Hand, reader: Reader) -> None:
    """What is asked and told of sweeps, models and data from elsewhere."""
    window = hand.window
    sweep = SweepDialog(window.session, "training.learning_rate", window)
    sweep.add_axis("training.batch_size")
    reader.know([*sweep.known, sweep.objective.placeholderText()])
    reader.dialog("sweep", sweep)
    reader.dialog("hub", HubDialog(window))
    model = ModelDialog(Path("net.py"), b"", ["Net"], window)
    reader.know(["Net", model.shapes.placeholderText()])
    reader.dialog("model", model)
    kept = (Kept("n3", "n3", "torch.fft", "⟦There is no layer for⟧ torch.fft⟦.⟧"),)
    for opaque in ((), kept, 2 * kept):
        reader.dialog("arrived", ArrivedDialog(window, "Net", Arrived("", opaque)))


@pytest.mark.parametrize(
    ("typed", "found"),
    [("卷积", "conv2d"), ("conv", "conv2d"), ("多头", "multi_head_attention"), ("multi-head", "multi_head_attention")],
)
def test_layers_are_found_by_their_words_in_both_languages(typed: str, found: str) -> None:
    language.use("zh_CN")
    try:
        assert found in [key for key, _ in search(typed)[:8]]
        assert "dropout" in [key for key, _ in search("防止过拟合")]
    finally:
        language.use(language.ENGLISH)


# --- what the window does not show while the test looks

SHOWING = {
    "QLabel", "QPushButton", "QCheckBox", "QAction", "QToolButton", "QMenu", "QGroupBox", "QRadioButton", "heading", "muted",
    "addAction", "addMenu", "addButton", "addItem", "addTab", "setText", "setToolTip", "setStatusTip", "setWindowTitle",
    "setPlaceholderText", "setAccessibleName", "setAccessibleDescription", "setTitle", "setPrefix", "setSuffix",
    "setHeaderLabels", "setHorizontalHeaderLabels", "setInformativeText", "apply", "emit", "say", "ask", "getText",
    "getOpenFileName", "getSaveFileName", "getExistingDirectory", "about", "question", "warning", "information",
    "EditError", "Plot", "set_labels", "setLabel", "drawText", "addRow",
}  # fmt: skip
"""Functions whose constant texts people read."""
NO_TEXT = {
    "nudge",
    "training/",
    "/training/",
    "model",
    "error",
    "info",
    "10pt",
    "start",
    "data/",
    "image: 3 224 224; label: < 1000",
}
"""What stands beside them: kinds of messages, sizes, names of settings, a text in a language of its own."""


def test_no_text_in_the_source_is_unmarked() -> None:
    app = Path(language.__file__).parent / "app"
    left = []
    for path in sorted(app.rglob("*.py")):
        found = unmarked(ast.parse(path.read_text("utf-8")))
        left += [f"{path.relative_to(app)}:{line}: {text!r}" for line, text in found]
    assert not left, "mark these with tr(…):\n" + "\n".join(left)


def unmarked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Constants with words that are handed to something that shows them, and pieces of text put together."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name(call.func) in SHOWING:
            for argument in [*call.args, *(word.value for word in call.keywords)]:
                yield from ((call.lineno, text) for text in _pieces(argument) if _has_words(text))


def _has_words(text: str) -> bool:
    """Whether there are words beside markup, names in code and what is no text at all."""
    left = re.sub(r"<[^>]*$|&\w+;", " ", text)
    for pattern in SAME_EVERYWHERE:
        left = re.sub(pattern, " ", left)
    return text not in NO_TEXT and re.search(r"[A-Za-z]{2}", left) is not None


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _pieces(node: ast.expr) -> Iterator[str]:
    """Constant texts of an expression that are shown as they are; not those in calls and comparisons inside of it."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values) | ast.List(elts=values) | ast.Tuple(elts=values) | ast.BoolOp(values=values):
            for value in values:
                yield from _pieces(value)
        case ast.IfExp(body=body, orelse=other) | ast.BinOp(left=body, right=other):
            yield from _pieces(body)
            yield from _pieces(other)
        case ast.FormattedValue(value=value):
            yield from _pieces(value)
