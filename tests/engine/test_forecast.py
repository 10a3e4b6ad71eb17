"""The forecast of memory against what torch really takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from netlab.compiler.check import check
from netlab.compiler.forecast import forecast, too_large
from netlab.data.dataset import source_of
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.engine import optim, train
from netlab.engine.build import build
from netlab.engine.device import arranged
from netlab.engine.train import run_job


def measured_peak(project: Project) -> int:
    """The most bytes that weights, optimizer and one training step take on the CPU, laid out as training does it."""
    built = build(project)
    arranged(built.model)
    rows = source_of(project.data.source, project.data.options).load()
    count = int(project.training["batch_size"])
    batch = {name: torch.from_numpy(column[:count]).clone() for name, column in rows.columns.items()}
    optimizer = optim.make(built, Training(**project.training).values, torch.device("cpu"))

    def step() -> None:
        readings = built.model(**built.source.arguments(batch))[1]
        readings["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()

    step()
    kept = sum(p.numel() * p.element_size() for p in built.model.parameters())
    tensors = [v for state in optimizer.parts[0].state.values() for v in state.values() if isinstance(v, torch.Tensor)]
    kept += sum(v.numel() * v.element_size() for v in tensors)
    cpu = torch.profiler.ProfilerActivity.CPU
    with torch.profiler.profile(activities=[cpu], profile_memory=True, acc_events=True) as profile:
        step()
    live = peak = 0
    for event in sorted(profile.profiler.kineto_results.events(), key=lambda event: event.start_ns()):  # type: ignore[union-attr]
        if event.name() == "[memory]":
            live += event.nbytes()
            peak = max(peak, live)
    return kept + peak


@pytest.mark.parametrize("name", examples())
def test_peak_is_within_a_tenth(name: str) -> None:
    project = file.load(examples()[name])
    cost = forecast(project, check(project))
    assert cost.peak == pytest.approx(measured_peak(project), rel=0.1, abs=1024)


@pytest.mark.parametrize("name", examples())
def test_weights_are_exact(name: str) -> None:
    project = file.load(examples()[name])
    cost = forecast(project, check(project))
    assert cost.weights == sum(p.numel() * p.element_size() for p in build(project).model.parameters())
    assert cost.flops > 0


def test_what_will_not_fit_is_said_before_the_first_step(
    make_points: Callable[..., Project], new_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = edits.set_training(make_points(), "batch_size", 256)
    monkeypatch.setattr(train, "free_memory", lambda _: 100_000)
    status = run_job(new_run(project))
    assert status["state"] == "failed"
    assert "A batch size of" in status["message"]
    fitting = int(status["message"].rpartition("size of ")[2].split()[0])
    smaller = edits.set_training(project, "batch_size", fitting)
    assert too_large(smaller, forecast(smaller, check(smaller)), 100_000) == ""
