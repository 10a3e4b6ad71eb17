"""Export from the window: in another process, with a word at the end."""

from __future__ import annotations

import errno
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


def test_a_place_that_cannot_be_written_is_a_sentence(
    make_window: MakeWindow, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = make_window(example("spirals"))
    place = tmp_path / "no" / "folder" / "model.py"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(place), ""))
    hand.window.actions_["export"].trigger()
    hand.settle()
    assert str(place) in hand.window.banner.text.text()
    place.parent.mkdir(parents=True)
    hand.window.actions_["export"].trigger()
    hand.settle()
    assert "class Model" in place.read_text()


def test_a_full_disk_ends_an_export_with_a_sentence(
    make_window: MakeWindow, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    hand = make_window(example("spirals"))
    for place in ("tempfile.TemporaryDirectory", "netlab.document.file.write_atomically"):
        with monkeypatch.context() as patched:
            patched.setattr(place, full)
            hand.window.exporter.start("safetensors", tmp_path / "w.safetensors")
        assert "No space left" in hand.window.banner.text.text()
        assert not hand.window.exporter.is_busy
