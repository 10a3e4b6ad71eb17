"""Which device to train on."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch
from torch import nn

from netlab.language import tr

SMALL_STEP = 20_000_000
"""Operations of a step below which a second thread costs more than it brings."""


class DeviceError(ValueError):
    """A device that is not there, with what is."""


def choose(wanted: str, processes: int = 1) -> torch.device:
    """The device for ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``; auto takes a GPU if there is one.

    Of several GPUs it is the one with the most free memory, or, where several `processes` work together, the one that
    this process was given. It becomes the current one, since generators belong to that.

    Raises:
        DeviceError: it is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind, _, number = wanted.partition(":")
    if wanted == "auto":
        kind = next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(kind, False):
        known = ", ".join(name for name, found in there.items() if found)
        raise DeviceError(
            tr(
                "This machine has no {wanted} device that torch can use. Choose auto, or one of: {known}.",
                wanted=wanted,
                known=known,
            )
        )
    if kind != "cuda":
        return torch.device(kind)
    chosen = torch.device(kind, _gpu(number, processes))
    make_current(chosen)
    return chosen


def _gpu(number: str, processes: int) -> int:
    count = torch.cuda.device_count()
    if number and processes > 1:
        raise DeviceError(
            tr(
                "cuda:{number} is one GPU, and each of the {processes} processes takes its own. Choose cuda.",
                number=number,
                processes=processes,
            )
        )
    if number and int(number) >= count:
        known = ", ".join(f"cuda:{i}" for i in range(count))
        raise DeviceError(
            tr("This machine has no GPU cuda:{number}. Choose auto, or one of: {known}.", number=number, known=known)
        )
    if number:
        return int(number)
    if processes > 1 or count == 1:
        return torch.cuda.current_device()
    return max(range(count), key=lambda i: torch.cuda.mem_get_info(i)[0])  # the first of those that are alike


@dataclass(frozen=True)
class Device:
    """What can be trained on: its name for torch and for people, and its free and whole memory in bytes."""

    device: str
    name: str
    free: int
    total: int


def found() -> list[Device]:
    """The devices of this machine, the CPU first."""
    memory = psutil.virtual_memory()
    name = f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
    devices = [Device("cpu", name, memory.available, memory.total)]
    for i in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(i)
        devices.append(Device(f"cuda:{i}", torch.cuda.get_device_name(i), free, total))
    if torch.backends.mps.is_available():  # shares the memory of the machine
        devices.append(Device("mps", "Apple GPU", memory.available, memory.total))
    return devices


def make_current(device: torch.device) -> None:
    """Let this thread work on a GPU: torch keeps the current one by thread, and whatever else it does goes to the first."""
    if device.type == "cuda":
        torch.cuda.set_device(device)


def generators() -> dict[str, torch.Tensor]:
    """States of the generators that this process draws from, by kind of device; a GPU counts once it is in use."""
    found = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_initialized():
        found["cuda"] = torch.cuda.get_rng_state()
    if torch.backends.mps.is_available():
        found["mps"] = torch.mps.get_rng_state()
    return found


def set_generators(states: Mapping[str, torch.Tensor]) -> None:
    """Put generators back as they were, as far as this process has them."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_initialized():
        torch.cuda.set_rng_state(states["cuda"])
    if "mps" in states and torch.backends.mps.is_available():
        torch.mps.set_rng_state(states["mps"])


@contextmanager
def generators_kept() -> Iterator[None]:
    """Behind it, all generators are where they were before."""
    states = generators()
    try:
        yield
    finally:
        set_generators(states)


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
