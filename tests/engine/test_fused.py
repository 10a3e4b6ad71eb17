"""The bare step of Adam gives the numbers of torch's own, bit for bit, whatever comes between."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from netlab.engine.fused import BareAdam

Kind = Callable[..., torch.optim.Adam]


def pair(kind: Kind, **options: Any) -> tuple[list[nn.Parameter], list[nn.Parameter], torch.optim.Adam, BareAdam]:
    """The same weights twice in two groups, one optimizer of torch for each, and the bare step of the second."""
    generator = torch.Generator().manual_seed(3)
    shapes = ((5, 3), (5,), (2, 5), ())
    mine = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]
    theirs = copy.deepcopy(mine)
    groups = [[{"params": w[:2]}, {"params": w[2:], "lr": 0.1, "weight_decay": 0.3}] for w in (theirs, mine)]
    usual, other = (kind(each, lr=0.02, fused=True, **options) for each in groups)
    assert BareAdam.fits(other)
    return theirs, mine, usual, BareAdam(other, other.step)


def same(theirs: list[nn.Parameter], mine: list[nn.Parameter], usual: torch.optim.Adam, bare: BareAdam) -> None:
    for a, b in zip(theirs, mine, strict=True):
        assert torch.equal(a, b)
        assert usual.state[a].keys() == bare._part.state[b].keys()
        assert all(torch.equal(value, bare._part.state[b][name]) for name, value in usual.state[a].items())


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_every_step_is_the_same(kind: Kind, amsgrad: bool) -> None:
    theirs, mine, usual, bare = pair(kind, amsgrad=amsgrad, weight_decay=0.1)
    generator = torch.Generator().manual_seed(4)
    for step in range(12):
        for group in (*usual.param_groups, *bare._part.param_groups):
            group["lr"] *= 0.9
        for i, (a, b) in enumerate(zip(theirs, mine, strict=True)):
            missing = step in (0, 5) and i == 1  # a weight that did not take part
            a.grad = None if missing else torch.randn(a.shape, generator=generator)
            b.grad = None if a.grad is None else a.grad.clone()
        usual.step()
        with torch.no_grad():
            bare()
        if step == 8:  # as from a checkpoint
            bare._part.load_state_dict(copy.deepcopy(bare._part.state_dict()))
        if step:
            same(theirs, mine, usual, bare)


def test_the_kernel_alone_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    _, mine, _, bare = pair(torch.optim.Adam)
    monkeypatch.setattr(bare, "_usual", usual := Counted(bare._usual))
    for _ in range(4):
        for weight in mine:
            weight.grad = torch.ones_like(weight)
        with torch.no_grad():
            bare()
    assert usual.times == 1


class Counted:
    def __init__(self, called: Callable[[], object]) -> None:
        self.called, self.times = called, 0

    def __call__(self) -> None:
        self.times += 1
        self.called()


def test_others_keep_the_step_of_torch() -> None:
    weight = nn.Parameter(torch.ones(2))
    assert not BareAdam.fits(torch.optim.SGD([weight], fused=True))
    assert not BareAdam.fits(torch.optim.Adam([weight]))
    assert not BareAdam.fits(torch.optim.Adam([nn.Parameter(torch.ones(2, dtype=torch.float64))], fused=True))
