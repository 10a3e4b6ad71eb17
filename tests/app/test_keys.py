"""Without a mouse: build, wire, arrange and train; the command palette, the history, shortcuts and preferences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import LEFT, NO_KEYS, Hand
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDialog, QDialogButtonBox

from netlab import language
from netlab.app import purposes, shortcuts
from netlab.app.actions import ACTIONS
from netlab.app.canvas.tools.key_wire import KeyWireTool
from netlab.app.dropping import Drop, kinds
from netlab.app.preferences import preferences, set_preference
from netlab.app.search import search
from netlab.app.shortcuts_dialog import ShortcutsDialog
from netlab.document import edits
from netlab.layers.layer import catalogue

Key, Keys = Qt.Key, Qt.KeyboardModifier


def quick_add(hand: Hand, text: str) -> str:
    """Tab, a word, Enter; the id of the new node."""
    before = set(hand.session.project.graph.nodes)
    hand.key(Key.Key_Tab)
    QTest.keyClicks(hand.canvas.quick_add.field, text)
    QTest.keyClick(hand.canvas.quick_add.field, Key.Key_Return)
    hand.settle()
    (new,) = set(hand.session.project.graph.nodes) - before
    return new


def key_wire(hand: Hand, source: str, target: str, port: str) -> None:
    """W at the source, arrows until the port is reached, Enter."""
    hand.session.select([source])
    hand.key(Key.Key_W)
    tool = hand.canvas.tool
    assert isinstance(tool, KeyWireTool)
    for _ in tool.offered:
        if tool.offered[tool.chosen] == (target, port):
            break
        hand.key(Key.Key_Down)
    assert tool.offered[tool.chosen] == (target, port)
    hand.key(Key.Key_Return)
    assert hand.canvas.tool is None


def palette(hand: Hand, text: str) -> None:
    """Ctrl+Shift+P, words, Enter."""
    hand.key(Key.Key_P, Keys.ControlModifier | Keys.ShiftModifier)
    box = hand.window.command_palette
    assert box.isVisible()
    QTest.keyClicks(box.field, text)
    QTest.keyClick(box.field, Key.Key_Return)
    hand.settle()


@pytest.mark.timeout(120)
def test_a_model_is_built_arranged_and_trained_without_a_mouse(hand: Hand, tmp_path: Path) -> None:
    set_preference("reduced_motion", True)
    hand.canvas.setFocus()
    point, layer, out = quick_add(hand, "input"), quick_add(hand, "linear"), quick_add(hand, "output")
    loss, label = quick_add(hand, "cross-entropy"), quick_add(hand, "input")
    key_wire(hand, point, layer, "x")
    key_wire(hand, layer, out, "x")
    key_wire(hand, layer, loss, "prediction")
    key_wire(hand, label, loss, "target")
    hand.key(Key.Key_L, Keys.ControlModifier)
    hand.session.select([layer])
    hand.key(Key.Key_Return)
    field = QApplication.focusWidget()
    assert field is not None
    assert field.objectName() == "option/out_features"
    QTest.keyClick(field, Key.Key_A, Keys.ControlModifier)
    QTest.keyClicks(field, "2")
    QTest.keyClick(field, Key.Key_Return)
    hand.settle()
    assert hand.session.project.graph.nodes[layer].options["out_features"] == 2
    assert hand.session.inferred.blocking == []
    assert hand.session.save(tmp_path / "keys.netlab")
    hand.session.apply("Short", edits.set_training, "epochs", 1)
    hand.key(Key.Key_F5)
    assert hand.session.run is not None
    hand.qtbot.waitUntil(lambda: hand.session.run.status.get("state") == "finished", timeout=60_000)


def test_arrows_walk_from_node_to_node_and_nudge(hand: Hand) -> None:
    ids = [hand.canvas.add_layer("relu", QPointF(x, y)) for x, y in ((0, 0), (300, 0), (300, 200))]
    hand.canvas.setFocus()
    hand.key(Key.Key_Escape)
    assert hand.session.selection == []
    hand.session.select(ids[:1])
    for key, expected in (
        (Key.Key_Right, ids[1]),
        (Key.Key_Down, ids[2]),
        (Key.Key_Up, ids[1]),
        (Key.Key_Left, ids[0]),
    ):
        hand.key(key, Keys.AltModifier)
        assert hand.session.selection == [expected]
    hand.key(Key.Key_PageDown)
    assert hand.session.selection != [ids[0]]
    hand.session.select([ids[0]])
    before = hand.session.project.graph.nodes[ids[0]].x
    hand.key(Key.Key_Right)
    hand.key(Key.Key_Right, Keys.ShiftModifier)
    assert hand.session.project.graph.nodes[ids[0]].x == before + 11


def test_a_wire_by_keys_can_be_given_up_and_begun_elsewhere(hand: Hand) -> None:
    one, two = hand.canvas.add_layer("relu", QPointF(0, 0)), hand.canvas.add_layer("add", QPointF(300, 0))
    assert one is not None
    hand.session.select([one])
    hand.canvas.setFocus()
    hand.key(Key.Key_W)
    hand.key(Key.Key_Right)
    tool = hand.canvas.tool
    assert isinstance(tool, KeyWireTool)
    assert not tool.from_output
    assert tool.offered == [(two, "y")]
    hand.key(Key.Key_Escape)
    assert hand.canvas.tool is None
    assert not hand.session.project.graph.edges
    hand.key(Key.Key_W)
    hand.session.undo()
    assert hand.canvas.tool is None


def test_the_palette_finds_actions_layers_nodes_settings_and_examples(make_window: Callable[..., Hand]) -> None:
    hand = make_window(Path(__file__).resolve().parents[2] / "examples" / "lenet.netlab")
    hand.canvas.setFocus()
    nodes = hand.session.project.graph.nodes
    conv2 = next(n.id for n in nodes.values() if n.name == "conv2")
    palette(hand, "conv2")
    assert hand.session.selection == [conv2]
    palette(hand, "bypass")
    assert hand.session.project.graph.nodes[conv2].bypassed
    palette(hand, "gaussian noise")
    assert len(hand.session.project.graph.nodes) == len(nodes) + 1
    palette(hand, "learning rate")
    field = QApplication.focusWidget()
    assert field is not None
    assert field.objectName() == "option/learning_rate"
    hand.session.document.mark_saved()
    hand.canvas.setFocus()
    palette(hand, "spirals example")
    assert "piral" in hand.session.project.title
    hand.key(Key.Key_P, Keys.ControlModifier | Keys.ShiftModifier)
    QTest.keyClicks(hand.window.command_palette.field, "qqqqzzzz")
    assert "Nothing" in hand.window.command_palette.help.text()
    QTest.keyClick(hand.window.command_palette.field, Key.Key_Return)
    assert not hand.window.command_palette.isVisible()


def test_find_in_graph_goes_to_a_node_inside_of_a_block(hand: Hand) -> None:
    one = hand.canvas.add_layer("linear", QPointF(0, 0))
    assert one is not None
    hand.session.apply("Rename", edits.rename, one, "needle")
    hand.session.select([one])
    hand.canvas.setFocus()
    hand.key(Key.Key_G, Keys.ControlModifier)
    assert one not in hand.canvas.scene_.nodes
    hand.key(Key.Key_F, Keys.ControlModifier)
    QTest.keyClicks(hand.window.command_palette.field, "needl")
    QTest.keyClick(hand.window.command_palette.field, Key.Key_Return)
    hand.settle()
    assert hand.session.selection == [one]
    assert hand.session.scope


@pytest.mark.parametrize(
    ("text", "expected"),
    [("overfit", "dropout"), ("skip connection", "add"), ("covn2d", "conv2d"), ("dense", "linear"), ("lstm", "lstm"),
     ("classify", "cross_entropy_loss"), ("hide the future", "causal_mask"), ("dot", "reroute"), ("pooling", "max_pool2d")],
)  # fmt: skip
def test_search_finds_names_aliases_purposes_and_slips(text: str, expected: str) -> None:
    assert expected in [key for key, _ in search(text)][:8]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("卷积", "conv2d"),
        ("全连接", "linear"),
        ("批标准化", "batch_norm2d"),
        ("反卷积", "conv_transpose2d"),
        ("conv2d", "conv2d"),
    ],
)
def test_search_finds_words_of_the_language_in_use(text: str, expected: str) -> None:
    language.use("zh_CN")
    try:
        assert expected in [key for key, _ in search(text)][:8]
    finally:
        language.use(language.ENGLISH)


def test_what_serves_a_purpose_best_comes_first() -> None:
    assert search("overfit")[0][0] == "dropout"
    assert search("skip connection")[0][0] == "add"


def test_purposes_name_layers_that_exist() -> None:
    named = {key for keys in purposes.PURPOSES.values() for key in keys}
    assert named <= set(catalogue())
    assert search("xqzv") == []


def test_the_history_lists_steps_and_a_click_goes_there(hand: Hand) -> None:
    for x in (0, 300, 600):
        hand.canvas.add_layer("relu", QPointF(x, 0))
    hand.window.show_view("History")
    hand.settle()
    panel = hand.window.docks["History"].widget()
    model = panel.model()  # type: ignore[union-attr]
    assert [model.index(i, 0).data() for i in range(model.rowCount())] == ["Started"] + 3 * ["Add ReLU"]

    def click(row: int) -> None:
        place = panel.visualRect(model.index(row, 0)).center()  # type: ignore[union-attr]
        QTest.mouseClick(panel.viewport(), LEFT, NO_KEYS, place)  # type: ignore[union-attr]
        hand.settle()

    click(1)
    assert len(hand.session.project.graph.nodes) == 1
    assert model.rowCount() == 4
    click(3)
    assert len(hand.session.project.graph.nodes) == 3
    click(0)
    assert not hand.session.project.graph.nodes
    hand.canvas.add_layer("tanh")
    assert model.rowCount() == 2


def test_typing_and_sliding_make_one_step(hand: Hand) -> None:
    node = hand.canvas.add_layer("linear")
    assert node is not None
    for value in (1, 12, 128, 64):
        hand.session.apply("Set", edits.set_option, node, "out_features", value, merge=f"{node}/out_features")
    assert len(hand.session.document.changes) == 2
    hand.session.undo()
    assert hand.session.project.graph.nodes[node].options["out_features"] == 128


def test_shortcuts_are_listed_changed_kept_and_conflicts_said(hand: Hand) -> None:
    palette(hand, "keyboard shortcuts")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ShortcutsDialog)
    QTest.keyClicks(dialog.search, "arrange lay")
    shown = [i for i in range(dialog.list.topLevelItemCount()) if not dialog.list.topLevelItem(i).isHidden()]
    (row,) = [i for i in shown if dialog.list.topLevelItem(i).data(0, Qt.ItemDataRole.UserRole) == "arrange"]
    dialog.list.setCurrentItem(dialog.list.topLevelItem(row))
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    QTest.keyClick(dialog.keys, Key.Key_S, Keys.ControlModifier)
    hand.settle()
    assert "“Save” and “Arrange”" in dialog.said.text()
    assert not ok.isEnabled()
    dialog.keys.clear()
    QTest.keyClick(dialog.keys, Key.Key_F9)
    hand.settle()
    assert dialog.said.text() == ""
    QTest.mouseClick(ok, LEFT)
    hand.settle()
    assert shortcuts.keys_of("arrange") == "F9"
    assert hand.window.actions_["arrange"].shortcut() == QKeySequence("F9")
    assert "F9" in hand.window.actions_["arrange"].toolTip()
    shortcuts.set_keys("arrange", "Ctrl+L")
    assert shortcuts.keys_of("arrange") == "Ctrl+L"


def test_no_two_actions_share_keys_and_all_have_help() -> None:
    keys = [QKeySequence(record.shortcut).toString() for record in ACTIONS if record.shortcut]
    assert len(keys) == len(set(keys))
    assert all(record.help.endswith(".") for record in ACTIONS)


def test_preferences_are_kept_and_odd_ones_count_as_the_default(hand: Hand) -> None:
    hand.window.show_preferences()
    hand.settle()
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    box = dialog.findChild(QCheckBox, "option/reduced_motion")
    assert box is not None
    QTest.mouseClick(box, LEFT, NO_KEYS, QPoint(8, box.height() // 2))
    assert preferences().reduced_motion
    dialog.reject()
    from netlab.app import recent

    recent.settings().setValue("preferences/scale", "9000 %")
    assert preferences().scale == "100 %"


def drop(hand: Hand, paths: list[Path]) -> None:
    """Let files fall onto the canvas, as a platform would."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    for widget in (hand.viewport, hand.window):
        enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, LEFT, NO_KEYS)
        QApplication.sendEvent(widget, enter)
        if enter.isAccepted():
            QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, LEFT, NO_KEYS))
            break
    hand.settle()


def test_dropped_files_open_or_are_named(hand: Hand, example: Callable[..., Path], tmp_path: Path) -> None:
    drop(hand, [example("lenet")])
    assert "LeNet" in hand.session.project.title
    strange = [tmp_path / f"{i}.xyz" for i in range(1000)]
    drop(hand, strange)
    assert "0.xyz, 1.xyz, 2.xyz and 997 more" in hand.window.banner.text.text()
    drop(hand, [tmp_path / "gone.netlab"])
    assert "no such file" in hand.window.banner.text.text()
    assert all(issubclass(kind, Drop) and kind.title for kind in kinds().values())


def test_letters_search_a_list_that_has_the_focus(hand: Hand) -> None:
    """F is Zoom to fit on the canvas, and the way to a word that begins so in a choice."""
    seen: list[float] = []
    hand.canvas.zoomed.connect(seen.append)
    box = hand.window.inspector.findChild(QComboBox, "option/optimizer")
    assert box is not None
    box.setFocus()
    hand.settle()
    QTest.keyClick(box, Qt.Key.Key_S)
    assert box.currentText() == "sgd"
    QTest.keyClick(box, Qt.Key.Key_F)
    assert not seen
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_F)
    assert seen
