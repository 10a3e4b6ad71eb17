"""Export from the window: in another process, with a word at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app.conftest import Hand
from PySide6.QtWidgets import QFileDialog
from safetensors.numpy import load_file

MakeWindow = Callable[..., Hand]
Example = Callable[..., Path]


def test_weights_of_the_project(
    make_window: MakeWindow, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = make_window(example("spirals"))
    out = tmp_path / "w.safetensors"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    with hand.qtbot.waitSignal(hand.window.exporter.done, timeout=60_000) as told:
        hand.window.export_model("safetensors")
    assert told.args == [True]
    assert len(load_file(out)) == 6
    assert "6 tensors" in hand.window.banner.text.text()


def test_a_failure_is_a_sentence(make_window: MakeWindow, example: Example, tmp_path: Path) -> None:
    hand = make_window(example("spirals"))
    with hand.qtbot.waitSignal(hand.window.exporter.done, timeout=60_000) as told:
        hand.window.exporter.start("safetensors", tmp_path / "no" / "such" / "folder" / "w.safetensors")
    assert told.args == [False]
    assert "Traceback" not in hand.window.banner.text.text()
    assert hand.window.banner.text.text()
