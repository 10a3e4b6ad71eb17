"""Custom code in the window: written, tried, asked about, by real keys and mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton

from netlab.app.consent import ConsentDialog
from netlab.compiler import tested
from netlab.compiler.builder import Graph
from netlab.document import file
from netlab.document.trust import is_trusted, trust
from netlab.layers.custom import DEFAULT
from netlab.protocol.trial import Outcome
from tests.app.conftest import Hand

CTRL = Qt.KeyboardModifier.ControlModifier
FOREIGN = DEFAULT.replace("sigmoid", "tanh") + "\n" * 3 + "\n".join(f"# line {i}" for i in range(80)) + "\n"


def save(path: Path, text: str = DEFAULT) -> Path:
    """A classifier of points with custom code n3."""
    g = Graph()
    x, label = g.add("input", field="point"), g.add("input", field="label", at=(60.0, 300.0))
    x = g.add("custom_code", x, definition=text, name="gate")
    x = g.add("linear", x, out_features=2)
    g.add("output", x, at=(900.0, 300.0))
    g.add("cross_entropy_loss", x, label)
    file.save(g.project("Custom", "points", data_options={"points": 64}, device="cpu", epochs=1), path)
    return path


@pytest.fixture
def no_trials(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Trials that start no process; lists the nodes that would be tried."""
    started: list[str] = []
    monkeypatch.setattr("netlab.app.trials.Trials.start", lambda self, node: started.append(node) or False)
    return started


@pytest.fixture
def answer() -> Callable[[Callable[[ConsentDialog], object]], list[str]]:
    """Does something to the consent dialog when it comes, and keeps the texts that it showed."""

    def prepare(act: Callable[[ConsentDialog], object]) -> list[str]:
        shown: list[str] = []

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, ConsentDialog):
                QTimer.singleShot(20, look)
                return
            shown.append(dialog.text.toPlainText())
            try:
                act(dialog)
            finally:
                if dialog.isVisible():  # so that no failure leaves it open
                    dialog.reject()

        QTimer.singleShot(20, look)
        return shown

    return prepare


def click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def read_and_agree(dialog: ConsentDialog) -> None:
    assert not dialog.agree.isEnabled()
    QTest.keyClick(dialog.text, Qt.Key.Key_End, CTRL)
    assert dialog.agree.isEnabled()
    click(dialog.agree)


def editor(hand: Hand) -> QPlainTextEdit:
    found = hand.field("code/definition")
    assert isinstance(found, QPlainTextEdit)
    return found


def write(edit: QPlainTextEdit, text: str) -> None:
    """Replace what is there by typing."""
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_A, CTRL)
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    for line in text.split("\n"):
        QTest.keyClicks(edit, line)
        QTest.keyClick(edit, Qt.Key.Key_Return)


def test_code_is_written_in_the_inspector(
    make_window: Callable[..., Hand], tmp_path: Path, no_trials: list[str]
) -> None:
    hand = make_window(save(tmp_path / "x.netlab"))
    hand.click_node("n3")
    edit = editor(hand)
    write(edit, "def double(x, bias=None):\ntotal = x * 2\nreturn total")  # the second line indents itself
    QTest.keyClick(edit, Qt.Key.Key_Return, CTRL)
    hand.settle()
    text = hand.session.project.graph.nodes["n3"].options["definition"]
    assert text == "def double(x, bias=None):\n    total = x * 2\n    return total\n    "
    assert is_trusted(text), "who writes it has read it"
    assert list(hand.session.inferred.layers["n3"].inputs()) == ["x", "bias"]
    assert not hand.session.inferred.blocking
    hand.key(Qt.Key.Key_Z, CTRL)
    assert hand.session.project.graph.nodes["n3"].options["definition"] == DEFAULT


def test_tab_indents_lines(make_window: Callable[..., Hand], tmp_path: Path, no_trials: list[str]) -> None:
    hand = make_window(save(tmp_path / "x.netlab"))
    hand.click_node("n3")
    edit = editor(hand)
    write(edit, "a\nb")
    QTest.keyClick(edit, Qt.Key.Key_A, CTRL)
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.toPlainText().startswith("    a\n    b\n")
    QTest.keyClick(edit, Qt.Key.Key_Backtab)
    assert edit.toPlainText().startswith("a\nb\n")


def test_what_is_wrong_is_said_with_its_line_and_nothing_is_lost(
    make_window: Callable[..., Hand], tmp_path: Path, no_trials: list[str]
) -> None:
    hand = make_window(save(tmp_path / "x.netlab"))
    hand.click_node("n3")
    edit = editor(hand)
    write(edit, "def f(x):\nreturn (x")
    problem = edit.parentWidget().problem  # type: ignore[attr-defined]
    assert problem.isVisibleTo(hand.window)
    assert problem.text().startswith("Line 2:")
    assert [m.cursor.blockNumber() for m in edit.extraSelections()] == [1]
    hand.click_node("n4")
    assert "return (x" in hand.session.project.graph.nodes["n3"].options["definition"]
    told = [p for p in hand.session.inferred.blocking if p.node == "n3"]
    assert "line 2" in told[0].message
    assert hand.session.project.graph.into("n3"), "its wires stay while it is broken"


def test_a_strangers_code_runs_only_when_read_to_the_end(
    make_window: Callable[..., Hand], tmp_path: Path, answer: Any, no_trials: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[bytes] = []
    monkeypatch.setattr(
        "netlab.app.training.jobs.Jobs.start", lambda self, project, root=None: started.append(project) or tmp_path
    )
    hand = make_window(save(tmp_path / "x.netlab", FOREIGN))
    shown = answer(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    hand.window.actions_["train"].trigger()
    assert shown == [FOREIGN]
    assert not started
    assert not is_trusted(FOREIGN)
    hand.session.train()
    assert not started, "not even where nobody asks"
    shown = answer(read_and_agree)
    hand.window.actions_["train"].trigger()
    assert shown == [FOREIGN]
    assert is_trusted(FOREIGN)
    assert len(started) == 1
    assert not [p for p in hand.session.inferred.problems if p.code == "consent"]


def test_a_change_of_unread_code_leaves_it_unread(
    make_window: Callable[..., Hand], tmp_path: Path, no_trials: list[str]
) -> None:
    hand = make_window(save(tmp_path / "x.netlab", FOREIGN))
    hand.click_node("n3")
    edit = editor(hand)
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_End, CTRL)
    QTest.keyClicks(edit, "# mine")
    QTest.keyClick(edit, Qt.Key.Key_Return, CTRL)
    text = hand.session.project.graph.nodes["n3"].options["definition"]
    assert text.endswith("# mine")
    assert not is_trusted(text)


def test_nothing_is_tried_on_opening_nor_before_consent(
    make_window: Callable[..., Hand], tmp_path: Path, no_trials: list[str]
) -> None:
    trust(FOREIGN)
    hand = make_window(save(tmp_path / "x.netlab", FOREIGN))
    QTest.qWait(1000)
    assert no_trials == []
    hand.session.open(save(tmp_path / "y.netlab", FOREIGN + "# other"))
    hand.click_node("n3")
    button = hand.field("trial")
    assert isinstance(button, QPushButton)
    assert button.text().startswith("Read")


def test_a_trial_makes_the_weights_known(make_window: Callable[..., Hand], tmp_path: Path) -> None:
    """With the real process."""
    hand = make_window(save(tmp_path / "x.netlab"))
    session = hand.session
    assert session.inferred.untested == {"n3"}
    before = session.inferred.parameters()
    hand.click_node("n3")
    button = hand.field("trial")
    assert isinstance(button, QPushButton)
    click(button)
    hand.qtbot.waitUntil(lambda: not session.inferred.untested, timeout=90_000)
    assert session.inferred.parameters() == before + 6
    assert hand.field("trial").isEnabled()


def test_what_a_trial_finds_is_a_problem_of_the_node(make_window: Callable[..., Hand], tmp_path: Path) -> None:
    hand = make_window(save(tmp_path / "x.netlab"))
    found = hand.session.inferred.judged["n3"]
    tested.remember(found.layer, found.arrived, Outcome(fault="ValueError: no", line=3))
    hand.session.recheck()
    told = [p for p in hand.session.inferred.problems if p.code == "trial"]
    assert [(p.node, p.severity) for p in told] == [("n3", "warning")]
    assert "line 3 of its code" in told[0].message


def test_the_window_lives_while_code_hangs(make_window: Callable[..., Hand], tmp_path: Path) -> None:
    text = "def f(x):\n    while True:\n        pass\n"
    trust(text)
    hand = make_window(save(tmp_path / "x.netlab", text))
    assert hand.session.trials.start("n3")
    hand.qtbot.wait(400)
    hand.click_node("n4")
    hand.type(hand.field("name"), "scores")
    assert hand.session.project.graph.nodes["n4"].name == "scores"
    hand.session.trials.shutdown()
    assert hand.session.trials.running is None
