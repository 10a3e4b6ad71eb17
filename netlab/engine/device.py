"""Which device to train on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch
from torch import nn

SMALL_STEP = 20_000_000
"""Operations of a step below which a second thread costs more than it brings."""


class DeviceError(ValueError):
    """A device that is not there, with what is."""


def choose(wanted: str) -> torch.device:
    """The device for ``auto``, ``cpu``, ``cuda`` or ``mps``; auto takes a GPU if there is one."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if there[name]))
    if not there.get(wanted, False):
        known = ", ".join(name for name, found in there.items() if found)
        raise DeviceError(f"This machine has no {wanted} device that torch can use. Choose auto, or one of: {known}.")
    return torch.device(wanted)


def free_memory(device: torch.device) -> int:
    """Bytes that a job on this device may take now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


@contextmanager
def threads_for(flops: int) -> Iterator[None]:
    """Within it, steps of so many operations run on as many threads as help: a small step only waits for others."""
    before = torch.get_num_threads()
    if flops < SMALL_STEP:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def arranged(model: nn.Module) -> nn.Module:
    """The model with its images laid out channels last, which convolutions of two dimensions are faster with."""
    if any(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in model.modules()):
        return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model
