"""Runs on another machine, by a stand-in for ssh that runs its command on this one, and whose line can be broken."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from netlab.document import file
from netlab.protocol import commands
from netlab.runs import remote
from netlab.runs.mirror import Copy, End, LineError, Piece, Rows
from netlab.runs.reader import RunReader

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
NETLAB = f"{sys.executable} -m netlab"


def cut(line: Path) -> None:
    """Break the line, and keep it broken."""
    (line / "broken").touch()
    for pid in (line / "pids").read_text().split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            continue


def rows(folder: Path) -> list[Any]:
    reader = RunReader(folder)
    found = list(reader.rows())
    reader.close()
    return found


def test_a_run_elsewhere_is_started_mirrored_and_steered_over_a_line_that_breaks(
    line: Path, tmp_path: Path, make_points: Callable[..., Any], engine: Any, wait_for: Any, read: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    project = file.encode(make_points(probes=True, checkpoint_seconds=1))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "netlab's").write_text(f'#!/bin/sh\nexec {NETLAB} "$@"\n')
    (tmp_path / "netlab's").chmod(0o755)
    there = tmp_path / "it's there"
    netlab, at_home = '"~/netlab\'s"', f"~/{there.name}"
    here = remote.create(project, "me@gpu1", tmp_path / "here", netlab=netlab, there=at_home, steps=10**6)
    mirror = engine("mirror", str(here))
    status = lambda: read(here).status()  # noqa: E731
    wait_for(lambda: status().get("state") == "running" and int(status().get("step", 0)) > 20, "news from there")
    assert status()["device"] == "cpu on me@gpu1"
    (other,) = (found.parent for found in there.glob("*/project.netlab"))
    cut(line)
    wait_for(lambda: "line broken" in status()["device"], "the break to be noticed")
    at = int(read(other).status()["step"])
    wait_for(lambda: int(read(other).status()["step"]) > at + 20, "the run to go on over there")
    commands.append(here, commands.SetLearningRate(0.5))
    (line / "broken").unlink()
    wait_for(lambda: int(status()["step"]) > at + 20, "the line to be made again")
    wait_for(lambda: any("→ 0.5" in text.message for text in read(other).log()), "the order to arrive")
    commands.append(here, commands.Stop())
    assert mirror.wait(60) == 0
    assert status()["state"] == read(other).status()["state"] == "stopped"
    assert rows(here) == rows(other), "no value is missing, none is there twice"
    assert read(here).log() == read(other).log()
    assert sum("→ 0.5" in text.message for text in read(here).log()) == 1
    for name in ("model.py", "checkpoints/last.safetensors"):
        assert (here / name).read_bytes() == (other / name).read_bytes()
    assert len(list(there.glob("*/project.netlab"))) == 1, "it was started once, however often it was asked for"
    probe = read(here).reading_steps("decision", "n7")
    assert probe
    assert probe == read(other).reading_steps("decision", "n7")


def test_a_machine_that_cannot_be_reached_is_given_up_in_words(
    line: Path, tmp_path: Path, make_points: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "FIRST_WAIT", 0.01)
    (line / "broken").touch()
    here = remote.create(file.encode(make_points()), "gpu1", tmp_path)
    with pytest.raises(remote.RemoteError, match="No route to host"):
        remote.mirror(here)
    reader = RunReader(here)
    assert reader.status()["state"] == "failed"
    assert "ssh gpu1" in reader.status()["message"]
    reader.close()


@pytest.mark.parametrize("host", ["", "-oProxyCommand=reboot", "a b", "a;b", "@x", "a@-x"])
def test_what_is_no_host_never_reaches_ssh(host: str, tmp_path: Path) -> None:
    with pytest.raises(remote.RemoteError, match="no host"):
        remote.create(b"{}", host, tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_comes_over_the_line_is_not_trusted(tmp_path: Path, make_points: Callable[..., Any]) -> None:
    here = remote.create(file.encode(make_points()), "gpu1", tmp_path / "runs")
    copy = Copy(here, "gpu1")
    hostile = [
        b"not JSON\n",
        b'{"type": "reboot"}\n',
        msgspec.json.encode(Piece("../../evil.py", b"x", first=True, last=True, time=0)),
        msgspec.json.encode(Piece("project.netlab", b"x", first=True, last=True, time=0)),
        msgspec.json.encode(Piece("model.py", b"x", first=False, last=True, time=0)),
        msgspec.json.encode(Rows("status; DROP TABLE metrics", [])),
        msgspec.json.encode(Rows("metrics", [[1, 2]])),
    ]
    for text in hostile:
        with pytest.raises(LineError):
            copy.take(text)
    assert not list(tmp_path.glob("**/evil.py"))
    assert not copy.over
    copy.take(msgspec.json.encode(End()))
    assert copy.over
    copy.close()


def test_another_machine_starts_a_run_of_one_name_once(tmp_path: Path) -> None:
    with pytest.raises(remote.RemoteError, match="no name"):
        remote.accept("../x", tmp_path, b"{}")
