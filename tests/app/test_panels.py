"""Inspector, palette, problems, training panel, code panel, menus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import Hand
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QMessageBox, QPushButton

from netlab.app.actions import ACTIONS
from netlab.app.offered import offered
from netlab.app.theme import CATEGORY, set_theme, theme
from netlab.document import file

MakeWindow = Callable[..., Hand]
Example = Callable[..., Path]


def test_every_action_has_help_and_a_shortcut_of_its_own(hand: Hand) -> None:
    shortcuts = Counter(QKeySequence(a.shortcut).toString() for a in ACTIONS if a.shortcut)
    assert max(shortcuts.values()) == 1
    for action in ACTIONS:
        assert action.help.endswith("."), action.id
        assert hand.window.actions_[action.id].statusTip() == action.help


def test_every_layer_is_in_the_palette_under_a_coloured_category(hand: Hand) -> None:
    tree = hand.window.palette_.tree
    shown = set()
    for i in range(tree.topLevelItemCount()):
        group = tree.topLevelItem(i)
        assert group is not None
        assert group.text(0) in CATEGORY
        shown |= {group.child(j).data(0, Qt.ItemDataRole.UserRole) for j in range(group.childCount())}
    assert shown == set(offered())


@pytest.mark.parametrize("words", ["conv", "memory recurrent", "attention", "normal"])
def test_the_palette_finds_by_name_and_purpose(hand: Hand, words: str) -> None:
    palette = hand.window.palette_
    QTest.keyClicks(palette.field, words)
    assert palette.tree.topLevelItemCount() > 0
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert len(hand.session.project.graph.nodes) == 1


def test_typing_a_number_is_one_undo_step(hand: Hand) -> None:
    node = hand.drop("linear", QPoint(200, 200))
    hand.click_node(node)
    before = hand.session.document.position
    hand.type(hand.field("option/out_features"), "1234")
    assert hand.session.project.graph.nodes[node].options["out_features"] == 1234
    assert hand.session.document.position == before + 1
    hand.session.undo()
    assert hand.session.project.graph.nodes[node].options["out_features"] == 128


def test_a_misfit_is_said_with_a_fix_that_works(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("lenet"))
    session = hand.session
    flatten = next(n for n in session.project.graph.nodes.values() if n.type == "flatten")
    linear = next(e for e in session.project.graph.edges.values() if e.source == flatten.id).target
    hand.click_node(flatten.id)
    hand.key(Qt.Key.Key_Delete)
    source = next(n.id for n in session.project.graph.nodes.values() if n.type == "max_pool2d" and not [
        e for e in session.project.graph.edges.values() if e.source == n.id])  # fmt: skip
    hand.wire(source, "y", linear, "x")
    assert session.inferred.blocking
    hand.window.show_view("Problems")
    QTest.qWait(250)
    buttons = hand.window.problems.findChildren(QPushButton, "fix")
    assert buttons, [p.message for p in session.inferred.problems]
    before = session.document.position
    for _ in range(4):
        if not session.inferred.blocking:
            break
        buttons = [b for b in hand.window.problems.findChildren(QPushButton, "fix") if b.isVisible()]
        QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
        QTest.qWait(250)
    assert not session.inferred.blocking, [p.message for p in session.inferred.blocking]
    assert session.document.position > before


def test_a_click_in_the_code_selects_the_node_and_the_other_way_round(
    make_window: MakeWindow, example: Example
) -> None:
    hand = make_window(example("lenet"))
    hand.window.show_view("Code")
    panel = hand.window.docks["Code"].widget()
    assert panel is not None
    hand.qtbot.waitUntil(lambda: panel.source is not None, timeout=3000)
    assert panel.source is not None
    line, node = next((line, node) for line, node in panel.source.node_of_line.items())
    block = panel.text.document().findBlockByNumber(line - 1)
    cursor = QTextCursor(block)
    panel.text.setTextCursor(cursor)
    panel.text.ensureCursorVisible()
    hand.settle()
    at = panel.text.cursorRect(cursor).center()
    QTest.mouseClick(panel.text.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert hand.session.selection == [node]
    marked = {m.cursor.blockNumber() + 1 for m in panel.text.extraSelections()}
    assert line in marked
    assert all(panel.source.node_of_line[n] == node for n in marked)


def test_switching_a_probe_is_an_edit(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("gpt"))
    node = next(n.id for n in hand.session.project.graph.nodes.values() if n.type == "multi_head_attention")
    before = len(hand.session.project.probes)
    hand.click_node(node)
    switch = hand.field("probe/attention")
    assert isinstance(switch, QCheckBox)
    was = switch.isChecked()
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(8, switch.height() // 2))
    assert switch.isChecked() != was
    assert len(hand.session.project.probes) == before + (-1 if was else 1)
    hand.session.undo()
    assert len(hand.session.project.probes) == before


def test_pause_and_a_new_learning_rate_reach_the_run(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals", epochs=4000, device="cpu"))
    panel = hand.window.docks["Training"].widget()
    assert panel is not None
    QTest.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    run = hand.session.run
    assert run is not None
    hand.qtbot.waitUntil(lambda: int(run.status.get("step", 0)) > 10, timeout=40_000)
    QTest.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    hand.qtbot.waitUntil(lambda: panel.state.text() == "Paused", timeout=5_000)
    step = run.status["step"]
    QTest.qWait(300)
    assert run.status["step"] == step
    hand.type(panel.rate, "0.0005")
    assert hand.session.project.training["learning_rate"] == 0.0005
    QTest.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    hand.qtbot.waitUntil(lambda: 0.0005 in run.curve("lr")[1], timeout=10_000)
    hand.qtbot.waitUntil(lambda: int(run.status["step"]) > int(step), timeout=10_000)
    QTest.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    hand.qtbot.waitUntil(lambda: run.status["state"] == "stopped", timeout=20_000)


def test_a_fault_names_its_node_and_selects_it(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals", learning_rate=1e10, device="cpu"))
    assert hand.session.train()
    run = hand.session.run
    assert run is not None
    hand.qtbot.waitUntil(lambda: run.status.get("state") == "failed", timeout=40_000)
    panel = hand.window.docks["Training"].widget()
    assert panel is not None
    assert "learning rate" in panel.fault.text().lower()
    faulty = run.status["node"]
    assert faulty in hand.session.project.graph.nodes
    name = hand.session.project.graph.nodes[faulty].name
    assert name in panel.fault.text()
    QTest.mouseClick(panel.show_node, Qt.MouseButton.LeftButton)
    assert hand.session.selection == [faulty]
    assert hand.canvas.scene_.nodes[faulty].problems, "the node carries no badge"


def test_themes_change_everything_and_back(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("lenet"))
    light = hand.window.grab().toImage()
    hand.window.toggle_theme()
    assert theme().name == "dark"
    hand.settle()
    dark = hand.window.grab().toImage()
    places = [QPoint(x, y) for x in range(5, light.width(), 37) for y in range(5, light.height(), 37)]
    was_light = sum(light.pixelColor(place).lightness() > 180 for place in places)
    is_dark = sum(dark.pixelColor(place).lightness() < 90 for place in places)
    assert min(was_light, is_dark) > 0.8 * len(places)
    set_theme("light")


@pytest.mark.parametrize("answer", ["Save", "Discard", "Cancel"])
def test_closing_asks_for_unsaved_changes(
    make_window: MakeWindow, example: Example, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    path = example("spirals")
    hand = make_window(path)
    before = path.read_bytes()
    hand.drop("relu", QPoint(500, 60))
    monkeypatch.setattr(QMessageBox, "exec", lambda box: getattr(QMessageBox.StandardButton, answer))
    closed = hand.window.close()
    assert closed == (answer != "Cancel")
    assert (path.read_bytes() != before) == (answer == "Save")


def test_a_file_changed_by_somebody_else_is_not_overwritten(make_window: MakeWindow, example: Example) -> None:
    path = example("spirals")
    hand = make_window(path)
    hand.drop("relu", QPoint(500, 60))
    other = path.read_bytes().replace(b'"title": "', b'"title": "Other ')
    path.write_bytes(other)
    assert not hand.session.save()
    assert path.read_bytes() == other
    assert "changed" in hand.window.banner.text.text()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 999}', b"\xff\xfe\x00", b'{"a": NaN}'])
def test_a_bad_file_leaves_everything_as_it_is(
    make_window: MakeWindow, example: Example, tmp_path: Path, content: bytes
) -> None:
    hand = make_window(example("spirals"))
    before = file.encode(hand.session.project)
    bad = tmp_path / "bad.netlab"
    bad.write_bytes(content)
    assert not hand.session.open(bad)
    assert file.encode(hand.session.project) == before
    assert hand.window.banner.isVisible()
    assert "bad.netlab" in hand.window.banner.text.text()
    assert bad.read_bytes() == content
