"""`kill -9` of the engine and of the window in the middle of training."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import ROOT, Hand
from PySide6.QtCore import Qt

from netlab.document import edits, file
from netlab.document.home import journals
from netlab.document.journal import pending
from netlab.runs.reader import RunReader

MakeWindow = Callable[..., Hand]
Example = Callable[..., Path]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals as on Unix")

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from netlab.app.start import application, make_window
from netlab.document import edits
app = application()
window = make_window(sys.argv[1])
window.show()
session = window.session
session.apply("Rename the project", edits.set_title, "Kept through the crash")
def train():
    assert session.train()
    print(session.run.folder, flush=True)
QTimer.singleShot(0, train)
app.exec()
"""


def test_a_killed_engine_is_said_and_resumed(make_window: MakeWindow, example: Example) -> None:
    hand = make_window(example("spirals", epochs=4000, checkpoint_seconds=5, device="cpu"))
    assert hand.session.train()
    run = hand.session.run
    assert run is not None
    hand.qtbot.waitUntil(lambda: int(run.status.get("step", 0)) > 50, timeout=40_000)
    os.kill(int(run.status["pid"]), signal.SIGKILL)
    hand.qtbot.waitUntil(lambda: run.status.get("state") == "lost", timeout=10_000)
    panel = hand.window.docks["Training"].widget()
    assert panel is not None
    assert panel.state.text() == "Engine lost"
    assert "killed or crashed" in panel.fault.text()
    hand.click_node(next(iter(hand.session.project.graph.nodes)))  # the window lives on
    assert hand.session.selection

    hand.session.apply("Batches", edits.set_training, "batch_size", 32)
    hand.qtbot.mouseClick(panel.go_on, Qt.MouseButton.LeftButton)
    assert "the project it began with" in hand.window.banner.text.text()
    again = hand.session.run
    assert again is not None
    assert again.folder == run.folder
    hand.qtbot.waitUntil(lambda: again.status.get("state") == "running", timeout=40_000)
    hand.session.stop()
    hand.qtbot.waitUntil(lambda: not hand.session.is_running, timeout=20_000)
    assert again.status["state"] == "stopped"
    steps, _ = again.curve("train/loss")
    assert list(steps) == list(range(1, len(steps) + 1)), "the curve has a gap or a double step"


def test_a_killed_window_changes_nothing_for_the_run(make_window: MakeWindow, example: Example, tmp_path: Path) -> None:
    path = example("spirals", epochs=400, device="cpu")
    before = path.read_bytes()
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(path)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert window.stdout is not None
        folder = Path(window.stdout.readline().decode().strip())
        reader = RunReader(folder)
        _wait(lambda: int(reader.poll().status.get("step", 0)) > 20, "the first steps")
    finally:
        os.killpg(window.pid, signal.SIGKILL)
        window.wait()
        window.stdout.close()
    step = int(reader.poll().status["step"])
    _wait(lambda: int(reader.poll().status["step"]) > step + 50, "the run to go on")

    assert path.read_bytes() == before, "the file changed without being saved"
    left = [r for r in pending(journals()) if r.path == path]
    assert len(left) == 1
    hand = make_window(path)
    assert hand.session.restore(left[0])
    assert hand.session.project.title == "Kept through the crash"
    hand.session.undo()
    assert file.encode(hand.session.project) == before

    hand.session.attach(folder)
    assert hand.session.is_running
    hand.session.stop()
    hand.qtbot.waitUntil(lambda: not hand.session.is_running, timeout=20_000)
    run = hand.session.run
    assert run is not None
    steps, _ = run.curve("train/loss")
    assert list(steps) == list(range(1, int(run.status["step"]) + 1)), "the reopened run is not whole"
    reader.close()


def _wait(holds: Callable[[], bool], what: str, seconds: float = 40.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"waited {seconds:g} s in vain for: {what}"
        time.sleep(0.02)
