"""What torch does not promise: whether it is still there, and the way without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from netlab.engine import private
from netlab.engine.fused import BareAdam
from netlab.engine.private import after_backward, find_infinite, fused_adam, run_backward

GONE = (
    "torch {version} has no {name} of the kind that netlab/engine/private.py calls. Training goes on by the public way "
    "that is written there, but slower; look for what has become of it before you raise the pin."
)


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("autograd.Variable._execution_engine.run_backward", lambda: hasattr(private._engine, "run_backward")),
        ("autograd.Variable._execution_engine.queue_callback", lambda: hasattr(private._engine, "queue_callback")),
        ("_amp_foreach_non_finite_check_and_unscale_", lambda: private._check is not None),
        ("_fused_adam_", lambda: fused_adam(False) is not None),
        ("_fused_adamw_", lambda: fused_adam(True) is not None),
    ],
)
def test_torch_still_has_what_it_does_not_promise(name: str, there: Callable[[], bool]) -> None:
    assert there(), GONE.format(version=torch.__version__, name=name)


@pytest.fixture(params=["as it is", "without it"])
def torch_of_today(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Torch as it is, then one that has nothing but what it promises; whether it is the first."""
    if request.param == "without it":
        for name in ("_torch", "_engine", "_check"):
            monkeypatch.setattr(private, name, None)
    return request.param == "as it is"


def test_gradients_are_those_of_backward(torch_of_today: bool) -> None:
    mine, theirs = (torch.tensor([2.0, -3.0], requires_grad=True) for _ in range(2))
    called: list[bool] = []
    doubled = mine * mine
    doubled.register_hook(lambda _: after_backward(lambda: called.append(mine.grad is not None)))
    run_backward(doubled.sum(), torch.ones(()))
    (theirs * theirs).sum().backward()
    assert mine.grad is not None
    assert torch.equal(mine.grad, theirs.grad)
    assert called == ([True] if torch_of_today else [])


@pytest.mark.parametrize(("bad", "expected"), [(1.0, 0.0), (torch.inf, 1.0), (torch.nan, 1.0)])
def test_what_is_not_finite_is_found(torch_of_today: bool, bad: float, expected: float) -> None:
    found, gradients = torch.zeros(()), [torch.ones(3), torch.tensor([0.5, bad])]
    find_infinite(gradients, found, torch.ones(()))
    assert found.item() == expected
    assert gradients[1][0] == 0.5


def test_without_a_kernel_adam_takes_the_step_of_torch(torch_of_today: bool) -> None:
    assert BareAdam.fits(torch.optim.Adam([nn.Parameter(torch.ones(2))], fused=True)) is torch_of_today
