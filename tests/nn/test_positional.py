"""The sinusoidal encoding against its formula."""

from __future__ import annotations

import math

import pytest
import torch

from netlab.nn.positional import SinusoidalPositionalEncoding


@pytest.mark.parametrize("d_model", [1, 7, 8])
def test_it_adds_the_waves_of_the_paper(d_model: int) -> None:
    module = SinusoidalPositionalEncoding(d_model, max_len=12)
    made = module(torch.zeros(2, 9, d_model))
    for t in range(9):
        for j in range(d_model):
            angle = t / 10000 ** ((j - j % 2) / d_model)
            wanted = math.cos(angle) if j % 2 else math.sin(angle)
            assert float(made[1, t, j]) == pytest.approx(wanted, abs=1e-5)


def test_it_adds_and_stores_nothing() -> None:
    module = SinusoidalPositionalEncoding(4, max_len=6)
    x = torch.randn(3, 6, 4)
    torch.testing.assert_close(module(x) - module(torch.zeros_like(x)), x)
    assert module.state_dict() == {}
    assert list(module.parameters()) == []


def test_a_longer_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="Raise max_len"):
        SinusoidalPositionalEncoding(4, max_len=6)(torch.zeros(1, 7, 4))
