"""The time of every node, as a run measures it: nothing is missing, nothing is counted twice, no number moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.engine import times, train
from netlab.engine.lines import after_each_line
from netlab.engine.train import run_job
from netlab.protocol.summaries import TIMES, Times
from netlab.runs import store
from netlab.runs.reader import RunReader

SHARE = times.SHARE


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunReader]:
    """Trains an example, with every other step measured."""
    monkeypatch.setattr(train, "over", lambda *_: {})  # nothing is validated here
    monkeypatch.setattr(times, "SECONDS", 0.0)
    monkeypatch.setattr(times, "SHARE", 1e9)

    def run(name: str, steps: int = 5, **training: object) -> RunReader:
        project = file.load(examples()[name])
        for key, value in {"device": "cpu", **training}.items():
            project = edits.set_training(project, key, value)
        folder = store.create(file.encode(project), tmp_path, steps=steps)
        assert run_job(folder)["state"] == "finished"
        return RunReader(folder)

    return run


def told(reader: RunReader, step: int = 10**9) -> dict[str, tuple[float, float]]:
    """Forward and backward by node, ms."""
    found = reader.reading_at(TIMES, "", step)
    assert found is not None
    assert isinstance(found.summary, Times)
    assert len(set(found.summary.nodes)) == len(found.summary.nodes) == len(set(found.summary.names))
    return dict(zip(found.summary.nodes, zip(found.summary.forward, found.summary.backward, strict=True), strict=True))


@pytest.mark.parametrize("micro_batches", [1, 2])
def test_time_is_counted_where_it_passes(
    trained: Callable[..., RunReader], monkeypatch: pytest.MonkeyPatch, micro_batches: int
) -> None:
    """By a clock that stands still but in normalisations, of which a block that runs four times holds two."""
    clock = SimpleNamespace(now=0.0, perf_counter=lambda: clock.now, monotonic=time.monotonic)

    class Slow(torch.autograd.Function):
        @staticmethod
        def forward(context: object, x: torch.Tensor) -> torch.Tensor:
            clock.now += 1
            return x.clone()

        @staticmethod
        def backward(context: object, *gradients: torch.Tensor) -> torch.Tensor:
            clock.now += 2
            return gradients[0]

    plain = nn.LayerNorm.forward
    monkeypatch.setattr(nn.LayerNorm, "forward", lambda self, x: Slow.apply(plain(self, x)))
    monkeypatch.setattr(times, "time", clock)
    reader = trained("gpt_blocks", steps=2, batch_size=4, micro_batches=micro_batches)
    found = {node: each for node, each in told(reader).items() if any(each)}
    reader.close()
    ids = {node.name: node.id for node in file.load(examples()["gpt_blocks"]).graph.nodes.values()}
    runs = {"norm1": 4, "norm2": 4, "norm": 1}
    assert found == {ids[name]: (1e3 * n * micro_batches, 2e3 * n * micro_batches) for name, n in runs.items()}


@pytest.mark.parametrize("name", ["lstm_from_gates", "transformer", "vae"])
def test_every_node_that_runs_is_told(trained: Callable[..., RunReader], name: str) -> None:
    reader = trained(name)
    found = told(reader)
    assert reader.reading_steps(TIMES, "") == [2, 4]
    reader.close()
    project = file.load(examples()[name])
    passive = ("input", "output", "block_input", "block_output", "reroute")
    assert set(found) == {n.id for n in project.graph.nodes.values() if n.type not in passive}
    assert all(forward > 0 for forward, _ in found.values())
    assert sum(backward > 0 for _, backward in found.values()) > len(found) / 2


def test_measuring_moves_no_number(trained: Callable[..., RunReader], monkeypatch: pytest.MonkeyPatch) -> None:
    reader = trained("gpt_blocks", batch_size=4)
    measured, steps = reader.metrics("train/loss")[1], reader.reading_steps(TIMES, "")
    reader.close()
    monkeypatch.setattr(times.TimeMeter, "is_due", lambda self, now: False)
    reader = trained("gpt_blocks", batch_size=4)
    np.testing.assert_array_equal(reader.metrics("train/loss")[1], measured)
    assert (steps, reader.reading_steps(TIMES, "")) == ([2, 4], [])
    reader.close()


def test_a_measurement_that_costs_much_stays_a_small_share_of_the_run(
    trained: Callable[..., RunReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*arguments: Any) -> None:
        time.sleep(0.03)
        after_each_line(*arguments)

    monkeypatch.setattr(times, "SHARE", SHARE)
    monkeypatch.setattr(times, "after_each_line", slowly)
    reader = trained("spirals", steps=30)
    assert reader.reading_steps(TIMES, "") == [2]  # 2 × 30 ms want 12 s of training before the next
    reader.close()
