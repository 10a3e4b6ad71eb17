"""Which device is taken, with the GPUs of a machine that has none."""

from __future__ import annotations

import pytest
import torch

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.forecast import forecast, of_one
from netlab.engine.device import DeviceError, choose, found


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Free gigabytes of each GPU that torch says there is; the current one is noted behind them, by `set_device`."""
    free = [10, 30, 20]
    current = [2]
    names = {
        "is_available": lambda: True,
        "device_count": lambda: len(free),
        "mem_get_info": lambda i: (
            free[torch.device("cuda", i).index if isinstance(i, int) else i.index] << 30,
            80 << 30,
        ),
        "get_device_name": lambda i: f"Fake {i}",
        "current_device": lambda: current[0],
        "set_device": lambda device: current.__setitem__(0, device.index),
    }
    for name, function in names.items():
        monkeypatch.setattr(torch.cuda, name, function)
    return current


def test_of_several_gpus_the_freest_is_taken_or_the_one_that_is_named(gpus: list[int]) -> None:
    assert choose("cpu") == torch.device("cpu")
    for wanted, number in (("auto", 1), ("cuda", 1), ("cuda:0", 0), ("cuda:2", 2)):
        assert choose(wanted) == torch.device("cuda", number)
        assert gpus == [number], "generators belong to the current one"
    with pytest.raises(DeviceError, match=r"no GPU cuda:3.*one of: cuda:0, cuda:1, cuda:2"):
        choose("cuda:3")
    assert [device.device for device in found()] == ["cpu", "cuda:0", "cuda:1", "cuda:2"]


def test_each_process_of_a_team_takes_the_gpu_it_was_given(gpus: list[int]) -> None:
    assert choose("auto", processes=3) == torch.device("cuda", 2)
    with pytest.raises(DeviceError, match="cuda:1 is one GPU, and each of the 3 processes takes its own"):
        choose("cuda:1", processes=3)


def test_a_share_of_a_model_needs_a_share_of_the_memory() -> None:
    g = Graph()
    pixels = g.add("flatten", g.add("input", field="image"))
    for _ in range(6):
        pixels = g.add("linear", pixels, out_features=400)
    g.add("output", pixels)
    g.add("cross_entropy_loss", pixels, g.add("input", field="label"))
    project = g.project("Deep", "digits", batch_size=8)
    whole = forecast(project, check(project))
    ddp, fsdp = of_one(whole, 4, shares=False), of_one(whole, 4, shares=True)
    assert (ddp.weights, fsdp.weights) == (whole.weights, whole.weights // 4)
    assert fsdp.peak < 0.6 * whole.peak < ddp.peak < whole.peak
