"""Small projects, run folders and engine processes for the tests of this folder."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netlab.compiler.builder import Graph
from netlab.document import file
from netlab.document.project import Project
from netlab.runs import launch, store
from netlab.runs.reader import RunReader

COMING_BACK = ("lenet", "bert", "seq2seq", "transformer", "vae")
"""Examples that are exported to ONNX and imported again: between them they have every operator of the others."""


def points(probes: bool = False, act: str = "relu", width: int = 32, **training: Any) -> Project:
    """A small classifier with dropout; ids: n3 linear hidden, n4 act, n5 dropout, n6 linear scores, n7 output."""
    g = Graph()
    point, label = g.add("input", field="point"), g.add("input", field="label")
    hidden = g.add("linear", point, name="hidden", out_features=width)
    drop = g.add("dropout", g.add(act, hidden), p=0.2)
    scores = g.add("linear", drop, name="scores", out_features=2)
    output = g.add("output", scores)
    g.add("cross_entropy_loss", scores, label, name="loss")
    if probes:
        g.watch("decision", output)
        g.watch("weights", hidden)
    data = {"pattern": "moons", "points": 400}
    settings = {"learning_rate": 0.01, "device": "cpu"} | training
    return g.project("Moons", "points", data_options=data, **settings)


def masked_pairs(**training: Any) -> Project:
    """Guesses hidden tokens, of which every row has another number, and whether one sentence follows the other."""
    g = Graph()
    words = g.add("embedding", g.add("input", field="tokens"), num_embeddings=270, embedding_dim=8)
    tokens = g.add("linear", words, name="tokens", out_features=270)
    pairs = g.add("linear", g.add("mean", words, axis=1), name="pairs", out_features=2)
    g.add("output", tokens)
    g.add("cross_entropy_loss", tokens, g.add("input", field="original"), name="masked", ignore_index=0)
    g.add("cross_entropy_loss", pairs, g.add("input", field="is_next"), name="next", weight=0.5)
    settings = {"device": "cpu", "epochs": 1, "batch_size": 256, "learning_rate": 0.01} | training
    return g.project("Masked", "masked_docs", data_options={"vocab_size": 270, "context": 12}, **settings)


def differs(told: str) -> float:
    """By how much a model differs from what it was exported to, as the export tells."""
    found = re.search(r"equal to within (\S+)\.$", told)
    assert found is not None, told
    return float(found.group(1))


@pytest.fixture
def make_points() -> Callable[..., Project]:
    return points


@pytest.fixture
def make_masked() -> Callable[..., Project]:
    return masked_pairs


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., Path]:
    """Makes a run folder from a project."""

    def make(project: Project, steps: int | None = None) -> Path:
        return store.create(file.encode(project), tmp_path / "runs", steps=steps)

    return make


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines are started anew in this test, not forked from a warm one: they are its children, by their names."""
    monkeypatch.setattr("netlab.runs.launch.subprocess", subprocess)


@pytest.fixture
def engine() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts engine processes; what is left of them at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        started.append(launch.launch([*arguments], stdin=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Waits until something holds, and says what if it never does."""

    def wait(holds: Callable[[], object], what: str, seconds: float = 40.0) -> None:
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, f"waited {seconds:g} s in vain for: {what}"
            time.sleep(0.01)

    return wait


@pytest.fixture
def read() -> Iterator[Callable[[Path], RunReader]]:
    """Opens runs for reading and closes them at the end."""
    readers: list[RunReader] = []

    def opened(folder: Path) -> RunReader:
        readers.append(RunReader(folder))
        return readers[-1]

    yield opened
    for reader in readers:
        reader.close()
