"""Models and weights come in by menu and by drop: read first, in a process of their own, and as one step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog, QPushButton
from safetensors.numpy import load_file, save_file

from netlab.app.importing.arrived_dialog import ArrivedDialog
from netlab.app.importing.model_dialog import ModelDialog
from netlab.app.importing.weights_dialog import AGAIN, WeightsDialog
from netlab.compiler.consent import file_of
from netlab.compiler.factories import factories
from netlab.document import edits, weights
from netlab.document.trust import is_trusted, trust
from tests.app.conftest import Hand
from tests.app.test_code_node import answer, click  # noqa: F401 - the first is a fixture
from tests.app.test_data_window import let_fall

Make = Callable[..., Hand]
Example = Callable[..., Path]
D = TypeVar("D", bound=QDialog)
NET = """from torch import fft, nn

class Odd(nn.Module):
    def forward(self, x):
        return fft.fft(x).real

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, width), Odd(), nn.Linear(width, 2))

    def forward(self, x):
        return self.body(x)

def plain():
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
"""


def dialog(hand: Hand, kind: type[D]) -> D:
    """The one dialog of a kind that is open."""
    hand.settle()
    found = [each for each in hand.window.findChildren(kind) if each.isVisible()]
    assert len(found) == 1, f"{len(found)} dialogs of {kind.__name__} are open"
    return found[0]


def press(hand: Hand, button: QPushButton) -> None:
    assert button.isEnabled(), button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    hand.settle()


def listen(hand: Hand) -> list[str]:
    said: list[str] = []
    hand.session.message.connect(lambda words, _: said.append(words))
    return said


def ended(hand: Hand, shown: ModelDialog | WeightsDialog) -> None:
    hand.qtbot.waitUntil(lambda: not shown.importer.is_busy, timeout=110_000)


def test_what_makes_a_model_is_found_without_running() -> None:
    assert factories(NET) == ["Net", "Odd", "plain"]
    more = (
        "import torch.nn as nn\nimport os\nhere = os.getcwd()\nclass A(nn.Module):\n  def __init__(self, n): 1\n"
        "class B(A): pass\nclass C(A):\n  def __init__(self): 1\nnet = nn.Linear(2, 2)\nother = B(3)\n"
        "def main():\n  def inner(): return 1\n  print(1)\ndef make(a=1, *, b=2): return net\ndef wants(a): return a\n"
        "def _own(): return net\nraise SystemExit\n"
    )
    assert factories(more) == ["C", "net", "other", "make"]
    assert factories("class A(B): pass\nclass B(A): pass\n") == []
    with pytest.raises(SyntaxError):
        factories("def make(:\n")


def test_a_file_runs_as_it_was_read() -> None:
    """Another encoding would make other code of a comment."""
    hidden = "# coding: utf-7\nx = 1\n#+AAo-x = 2\n"
    found: dict[str, Any] = {}
    exec(compile(hidden.encode(), "x.py", "exec"), found)
    assert found["x"] == 2, "no danger, no test"
    with pytest.raises(SyntaxError):
        compile(file_of(hidden), "x.py", "exec")


def test_a_python_file_is_read_before_it_runs(
    hand: Hand,
    answer: Any,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Refused, then agreed to; what is agreed to runs, whatever becomes of the file meanwhile."""
    path = tmp_path / "net.py"
    path.write_text(NET)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    said = listen(hand)
    shown = answer(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    hand.window.actions_["import_model"].trigger()
    assert shown == [NET]
    assert not is_trusted(NET)
    assert "not run" in said[-1]
    assert not hand.window.findChildren(ModelDialog)

    answer(lambda dialog: click(dialog.agree))
    hand.window.actions_["import_model"].trigger()
    asking = dialog(hand, ModelDialog)
    assert [asking.factory.itemText(i) for i in range(asking.factory.count())] == ["Net", "Odd", "plain"]
    ran = tmp_path / "ran"
    path.write_text(f"open({str(ran)!r}, 'w')\n" + NET)
    asking.data.setCurrentIndex(asking.data.findData("points"))
    press(hand, asking.go)
    assert not asking.go.isEnabled()
    ended(hand, asking)
    told = dialog(hand, ArrivedDialog)
    assert not ran.exists()
    session = hand.session
    assert session.project.title == "Net"
    assert session.document.path is None
    assert [n.type for n in session.project.graph.nodes.values()][:3] == ["input", "linear", "torch.fft_fft"]
    assert sorted(weights.header(weights.find(session.project.training["start"])).tensors)[0] == "n2.bias"
    rect = told.table.visualItemRect(told.table.topLevelItem(0))
    QTest.mouseClick(told.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    hand.settle()
    assert session.selection == ["n3"]
    session.new()
    hand.settle()
    assert not hand.window.findChildren(ArrivedDialog), "its parts are gone"


def test_an_import_can_be_cancelled(hand: Hand, tmp_path: Path) -> None:
    """With Escape; nothing that was started lives on."""
    alive = tmp_path / "pid"
    text = f"import os, time\nwith open({str(alive)!r}, 'w') as f: f.write(str(os.getpid()))\ntime.sleep(600)\n" + NET
    trust(text)
    (tmp_path / "slow.py").write_text(text)
    let_fall(hand, tmp_path / "slow.py")
    asking = dialog(hand, ModelDialog)
    press(hand, asking.go)
    hand.qtbot.waitUntil(lambda: alive.exists() and alive.read_text().isdigit(), timeout=60_000)
    processes = [psutil.Process(int(alive.read_text())), psutil.Process(asking.importer.pid)]
    QTest.keyClick(asking, Qt.Key.Key_Escape)
    hand.settle()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.wait(10)
        assert not process.is_running()
    assert not hand.session.project.graph.nodes


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("net.py", b"def make(:\n", "Line 1"),
        ("net.py", b"x = 1\n", "def make()"),
        ("net.py", b"\xff\xfe", "UTF-8"),
        ("net.py", "def make(): return 1 # \u202e".encode(), "U+202E"),
        ("w.safetensors", b"", "no model on the canvas"),
    ],
)
def test_what_cannot_be_offered_is_said(hand: Hand, tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    said = listen(hand)
    let_fall(hand, tmp_path / name)
    assert told in said[-1]
    assert not [d for d in hand.window.findChildren(QDialog) if d.isVisible()]


def test_a_broken_model_is_a_sentence_and_another_try_is_free(hand: Hand, tmp_path: Path) -> None:
    (tmp_path / "net.ONNX").write_bytes(b"\x00" * 64)
    let_fall(hand, tmp_path / "net.ONNX")
    asking = dialog(hand, ModelDialog)
    assert not asking.go.isEnabled(), "it is read at once"
    ended(hand, asking)
    assert "cannot be read as an ONNX model" in asking.waiting.text.text()
    assert asking.go.isEnabled()
    asking.data.setCurrentIndex(asking.data.count() - 1)
    assert not asking.go.isEnabled(), "shapes are wanted"
    QTest.keyClicks(asking.shapes, "x: 3")
    assert asking.go.isEnabled()
    QTest.keyClick(asking, Qt.Key.Key_Escape)


def test_weights_are_one_step_and_only_onto_the_model_they_were_matched_with(
    make_window: Make, example: Example, tmp_path: Path
) -> None:
    hand = make_window(example("spirals"))
    session = hand.session
    nodes = {node.name: node for node in session.project.graph.nodes.values() if node.type == "linear"}
    first = next(iter(nodes.values()))
    width = first.options["out_features"]
    given = {f"{first.name}.weight": np.ones((width, 2), np.float32), "over.weight": np.ones(3, np.float32)}
    save_file(given, tmp_path / "w.safetensors")
    let_fall(hand, tmp_path / "w.safetensors")
    shown = dialog(hand, WeightsDialog)
    ended(hand, shown)
    assert "1 of 6 tensors" in shown.waiting.text.text()
    assert shown.table.topLevelItemCount() == 7
    QTest.mouseClick(shown.only, Qt.MouseButton.LeftButton, pos=QPoint(10, shown.only.height() // 2))
    assert shown.table.topLevelItemCount() == 6

    session.apply("Move", edits.move, {first.id: (5.0, 5.0)})  # which weights do not depend on
    session.apply("Set", edits.set_option, first.id, "out_features", width + 1)
    position = session.document.position
    press(hand, shown.use)
    assert "was changed" in shown.waiting.text.text()
    assert session.document.position == position
    session.undo()
    assert shown.use.text() == AGAIN
    press(hand, shown.use)
    ended(hand, shown)
    position = session.document.position
    press(hand, shown.use)
    assert session.document.position == position + 1
    kept = load_file(weights.find(session.project.training["start"]))
    assert np.array_equal(kept[f"{first.id}.weight"], given[f"{first.name}.weight"])
    session.undo()
    assert not session.project.training["start"]
