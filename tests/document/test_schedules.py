"""Schedules are what torch's own are, step for step, and warm-up goes with each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from netlab.document.schedules import SCHEDULES, factor, interpolate
from netlab.document.training import GROUPS, Training, settings_read

TOTAL, PER_EPOCH = 40, 4


def theirs(make: Callable[[torch.optim.Optimizer], Any], rate: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = make(optimizer)
    found = []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"] / rate)
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(
    ("settings", "make"),
    [
        ({"schedule": "constant"}, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
        (
            {"schedule": "linear", "final_share": 0.2},
            lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, total_iters=TOTAL),
        ),
        (
            {"schedule": "cosine", "final_share": 0.1},
            lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.05),
        ),
        ({"schedule": "one_cycle"}, lambda o: lr_scheduler.OneCycleLR(o, 0.5, TOTAL)),
        ({"schedule": "polynomial", "schedule_power": 3.0}, lambda o: lr_scheduler.PolynomialLR(o, TOTAL, 3.0)),
        (
            {"schedule": "exponential", "final_share": 0.01},
            lambda o: lr_scheduler.ExponentialLR(o, 0.01 ** (1 / TOTAL)),
        ),
        (
            {"schedule": "step", "schedule_factor": 0.5, "schedule_epochs": 3},
            lambda o: lr_scheduler.StepLR(o, 3 * PER_EPOCH, 0.5),
        ),
    ],
)
def test_a_schedule_is_that_of_torch(settings: dict[str, Any], make: Callable[[Any], Any]) -> None:
    training = Training(**settings).values
    ours = [factor(training, step, TOTAL, PER_EPOCH) for step in range(TOTAL)]
    assert ours == pytest.approx(theirs(make, 0.5), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_warm_up_rises_to_where_the_schedule_starts(schedule: str) -> None:
    plain = Training(schedule=schedule).values
    warm = Training(schedule=schedule, warmup_steps=10).values
    factors = [factor(warm, step, TOTAL + 10, PER_EPOCH) for step in range(TOTAL + 10)]
    assert factors[10:] == [factor(plain, step, TOTAL, PER_EPOCH) for step in range(TOTAL)]
    assert factors[:10] == pytest.approx([factors[10] * (i + 1) / 10 for i in range(10)])


def test_a_plateau_is_cut_each_time() -> None:
    training = Training(schedule="plateau", schedule_factor=0.5).values
    assert [factor(training, 7, TOTAL, PER_EPOCH, cuts) for cuts in range(3)] == [1.0, 0.5, 0.25]


def test_a_drawn_schedule_goes_through_its_points() -> None:
    points = ((0.0, 0.5), (0.5, 1.0), (1.0, 0.0))
    assert [interpolate(points, x) for x in (-1, 0, 0.25, 0.5, 0.75, 1, 2)] == [0.5, 0.5, 0.75, 1.0, 0.5, 0.0, 0.0]
    training = Training(schedule="drawn", schedule_points=points).values
    assert factor(training, TOTAL // 4, TOTAL, PER_EPOCH) == 0.75


def test_the_form_shows_every_setting_once_and_only_what_is_read() -> None:
    shown = [name for group in GROUPS.values() for name in group]
    assert sorted(shown) == sorted(Training.options())
    assert {"beta1", "epsilon"} <= settings_read(Training().values)
    assert not {"momentum", "clip_at", "schedule_power", "history"} & settings_read(Training().values)
    read = settings_read(Training(optimizer="lbfgs", schedule="polynomial", clip="norm").values)
    assert {"history", "schedule_power"} <= read
    assert not {"clip", "clip_at"} & read, "L-BFGS finds its gradients anew within a step"
    assert {"clip", "clip_at"} <= settings_read(Training(clip="norm").values)
    assert not {"beta1", "weight_decay"} & read
