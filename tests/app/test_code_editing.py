"""The code panel both ways: lines changed by real keys change nodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest

from netlab.app.code_panel import CodePanel
from netlab.document.trust import is_trusted
from tests.app.conftest import Hand
from tests.app.test_code_node import FOREIGN, save

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def panel(make_window: Callable[..., Hand], example: Callable[..., Path]) -> tuple[Hand, CodePanel]:
    return opened(make_window(example("lenet")))


def opened(hand: Hand) -> tuple[Hand, CodePanel]:
    hand.window.show_view("Code")
    found = hand.window.docks["Code"].widget()
    assert isinstance(found, CodePanel)
    hand.qtbot.waitUntil(lambda: found.source is not None, timeout=3000)
    found.text.setFocus()
    return hand, found


def put_over(panel: CodePanel, old: str, new: str) -> None:
    """Select a piece of the text and type over it."""
    start = panel.text.toPlainText().index(old)
    cursor = panel.text.textCursor()
    cursor.setPosition(start)
    cursor.setPosition(start + len(old), QTextCursor.MoveMode.KeepAnchor)
    panel.text.setTextCursor(cursor)
    QTest.keyClicks(panel.text, new)


def messages(hand: Hand) -> list[str]:
    said: list[str] = []
    hand.session.message.connect(lambda text, _: said.append(text))
    return said


def test_a_number_is_changed_with_enter(panel: tuple[Hand, CodePanel]) -> None:
    hand, code = panel
    position = hand.session.document.position
    put_over(code, "nn.Linear(1568, 120)", "nn.Linear(1568, 256)")
    QTest.keyClick(code.text, Qt.Key.Key_Return)
    assert "nn.Linear(1568, 256)" in code.text.toPlainText()
    assert "nn.Linear(256, 10)" in code.text.toPlainText(), "what follows it follows"
    assert hand.session.document.position == position + 1
    hand.session.undo()
    hand.qtbot.waitUntil(lambda: "nn.Linear(1568, 120)" in code.text.toPlainText(), timeout=3000)


def test_leaving_the_line_is_enough(panel: tuple[Hand, CodePanel]) -> None:
    hand, code = panel
    put_over(code, "self.fc1 = nn.Linear(1568, 120)", "self.wide = nn.Linear(1568, 64)")
    QTest.keyClick(code.text, Qt.Key.Key_Up)
    hand.qtbot.waitUntil(lambda: "self.wide(x)" in code.text.toPlainText(), timeout=3000)
    node = next(n for n in hand.session.project.graph.nodes.values() if n.name == "wide")
    assert node.options["out_features"] == 64


def test_what_no_node_writes_is_said_and_taken_back(panel: tuple[Hand, CodePanel]) -> None:
    hand, code = panel
    before, said, project = code.text.toPlainText(), messages(hand), hand.session.project
    put_over(code, "nn.Linear(1568, 120)", "nn.Linear(7, 120)")
    QTest.keyClick(code.text, Qt.Key.Key_Return)
    assert code.text.toPlainText() == before
    assert "1568 is what arrives" in said[0]
    put_over(code, "nn.Linear(1568, 120)", "print(3)")
    hand.click_node(next(iter(project.graph.nodes)))  # the panel loses the keyboard
    assert code.text.toPlainText() == before
    assert hand.session.project is project
    assert len(said) == 2


def test_escape_brings_the_text_back(panel: tuple[Hand, CodePanel]) -> None:
    hand, code = panel
    before, project = code.text.toPlainText(), hand.session.project
    put_over(code, "1568", "3")
    QTest.keyClick(code.text, Qt.Key.Key_Escape)
    assert code.text.toPlainText() == before
    assert hand.session.project is project


def test_code_of_a_node_is_edited_here_as_well(
    make_window: Callable[..., Hand], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netlab.app.trials.Trials.start", lambda self, node: False)
    hand, code = opened(make_window(save(tmp_path / "x.netlab")))
    put_over(code, "return x * torch.sigmoid(self.gate(x))", "y = self.gate(x)")
    QTest.keyClick(code.text, Qt.Key.Key_Return)
    QTest.keyClicks(code.text, "        return y * x")
    QTest.keyClick(code.text, Qt.Key.Key_Return, CTRL)
    text = hand.session.project.graph.nodes["n3"].options["definition"]
    assert text.endswith("        y = self.gate(x)\n        return y * x\n")
    assert is_trusted(text)
    hand.session.open(save(tmp_path / "y.netlab", FOREIGN))
    hand.qtbot.waitUntil(lambda: "tanh" in code.text.toPlainText(), timeout=3000)
    put_over(code, "tanh", "relu")
    QTest.keyClick(code.text, Qt.Key.Key_Return, CTRL)
    text = hand.session.project.graph.nodes["n3"].options["definition"]
    assert "relu" in text
    assert not is_trusted(text)
