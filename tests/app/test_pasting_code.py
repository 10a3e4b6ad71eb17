"""A class of PyTorch in the clipboard becomes nodes, with Ctrl+V, after it was read."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from netlab.compiler.pasted import module_in
from netlab.document.trust import is_trusted, trust
from tests.app.conftest import Hand
from tests.app.test_code_node import answer  # noqa: F401 - a fixture

CTRL = Qt.KeyboardModifier.ControlModifier
NET = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 16)
        self.scores = nn.Linear(16, 2)

    def forward(self, x):
        return self.scores(F.relu(self.hidden(x)))
"""


def test_what_is_a_module() -> None:
    assert module_in(NET) == "Net"
    assert module_in(NET + "\n\nclass Both(Net):\n    pass\n") == "Both"
    assert module_in("import torch\nclass A(torch.nn.Module):\n    def forward(self, x): return x\n") == "A"
    for text in (
        "",
        "class A:\n    def forward(self): ...\n",
        NET + "(",
        "x = 1",
        "class A(A):\n def forward(self): 1",
    ):
        assert module_in(text) == ""
    with pytest.raises(SyntaxError, match="U\\+202E"):
        module_in(NET + "# \u202e")


def test_code_becomes_nodes_with_one_key(hand: Hand, answer: Any) -> None:  # noqa: F811
    """With the real process."""
    session, paster = hand.session, hand.window.paster
    QGuiApplication.clipboard().setText(NET)
    ended: list[bool] = []
    paster.done.connect(ended.append)
    shown = answer(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    hand.key(Qt.Key.Key_V, CTRL)
    assert shown == [NET]
    assert not is_trusted(NET)
    assert not session.project.graph.nodes
    shown = answer(lambda dialog: QTest.mouseClick(dialog.agree, Qt.MouseButton.LeftButton))
    position = session.document.position
    hand.window.activateWindow()
    hand.window.actions_["paste"].trigger()
    assert shown == [NET]
    hand.qtbot.waitUntil(lambda: bool(ended), timeout=110_000)
    assert ended == [True]
    kinds = [node.type for node in session.project.graph.nodes.values()]
    assert kinds == ["input", "linear", "relu", "linear", "output"]
    assert session.document.position == position + 1
    assert not [p for p in session.inferred.blocking if p.code != "no_loss"]
    session.undo()
    assert not session.project.graph.nodes


def test_what_cannot_become_nodes_is_said(hand: Hand) -> None:
    text = NET.replace("def __init__(self):", "def __init__(self, size):")
    trust(text)
    QGuiApplication.clipboard().setText(text)
    said: list[str] = []
    hand.session.message.connect(lambda words, _: said.append(words))
    ended: list[bool] = []
    hand.window.paster.done.connect(ended.append)
    hand.window.actions_["paste_code"].trigger()
    hand.qtbot.waitUntil(lambda: bool(ended), timeout=110_000)
    assert ended == [False]
    assert "size" in said[-1]


def test_other_text_is_no_code(hand: Hand) -> None:
    said: list[str] = []
    hand.session.message.connect(lambda words, _: said.append(words))
    QGuiApplication.clipboard().setText("a shopping list")
    hand.key(Qt.Key.Key_V, CTRL)
    assert "no nodes" in said[-1]
    hand.window.actions_["paste_code"].trigger()
    assert "nn.Module" in said[-1]
