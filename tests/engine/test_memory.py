"""A batch in parts: the same numbers with less memory, offered when memory runs out, and taken up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from netlab.compiler.builder import Graph
from netlab.document.project import Project
from netlab.document.training import Training
from netlab.engine import optim
from netlab.engine.build import build, seed_everything
from netlab.engine.guard import Guard
from netlab.engine.precision import Precision
from netlab.engine.step import Stepper
from netlab.engine.train import run_job
from netlab.runs import store

Points = Callable[..., Project]
CPU = torch.device("cpu")


def plain() -> Graph:
    g = Graph()
    hidden = g.add("tanh", g.add("linear", g.add("input", field="point"), out_features=8))
    scores = g.add("linear", hidden, out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    return g


def losses(project: Project, steps: int = 60) -> list[float]:
    """The loss of each step in float64, on batches drawn alike each time."""
    training = Training(**project.training).values
    seed_everything(0)
    built = build(project)
    built.model.double()
    optimizer = optim.make(built, training, CPU)
    precision = Precision("float32", CPU)
    stepper = Stepper(built, training, optimizer, Guard(built, optimizer, CPU, precision), precision)
    generator = torch.Generator().manual_seed(1)
    found = []
    for step in range(1, steps + 1):
        point = torch.randn(50, 2, generator=generator, dtype=torch.float64)
        stepper.forward({"point": point, "label": (point.prod(1) > 0).long()})
        stepper.backward()
        found.append(stepper.readings["loss"].item())
        stepper.update(step)
    return found


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("parts", [2, 7, 50])
def test_a_batch_in_parts_gives_the_same_curve(optimizer: str, parts: int) -> None:
    common = {"device": "cpu", "optimizer": optimizer, "learning_rate": 0.02, "batch_size": 50, "clip": "norm"}
    whole = losses(plain().project("Whole", "points", **common))
    split = losses(plain().project("Split", "points", micro_batches=parts, **common))
    assert split == pytest.approx(whole, abs=1e-6)
    assert whole[-1] < 0.95 * whole[0]


def test_out_of_memory_offers_smaller_parts_and_goes_on_with_them(
    make_points: Points, new_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = torch.nn.Dropout.forward

    def narrow(self: torch.nn.Dropout, x: torch.Tensor) -> torch.Tensor:
        if self.training and len(x) > 20 and x.device.type == "cpu":
            torch.empty(1 << 50, dtype=torch.uint8)  # no machine has this, and torch says so as it does of less
        return real(self, x)

    folder = new_run(make_points(batch_size=64), steps=12)
    monkeypatch.setattr(torch.nn.Dropout, "forward", narrow)
    status = run_job(folder)
    assert status["state"] == "failed"
    assert "Go on with micro_batches 2" in status["message"]
    assert status["node"] == "n5"
    while status["state"] == "failed" and status["micro_batches"]:
        store.split_batches(folder, int(status["micro_batches"]))
        status = run_job(folder, resume=True)
    assert (status["state"], store.job(folder).micro_batches) == ("finished", 4)
    with pytest.raises(store.RunError, match="0 micro-batches"):
        store.split_batches(folder, 0)


def test_when_not_even_one_sample_fits_that_is_said(
    make_points: Points, new_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: object, x: torch.Tensor) -> torch.Tensor:
        if x.device.type == "cpu":
            raise torch.OutOfMemoryError("out of memory")
        return x

    folder = new_run(make_points(batch_size=1), steps=3)
    monkeypatch.setattr(torch.nn.Dropout, "forward", never)
    status = run_job(folder)
    assert "Not even one sample fits" in status["message"]
    assert status["micro_batches"] == ""
