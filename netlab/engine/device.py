"""Which device to train on."""

from __future__ import annotations

import psutil
import torch


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
