"""What has to be the same for the same numbers."""

from __future__ import annotations

import sys
from typing import Any

import torch

from netlab.document.home import VERSION


def circumstances(device: torch.device, data_hash: str, processes: int = 1) -> dict[str, Any]:
    """The circumstances of a run as plain data, for its record and its checkpoints."""
    return {
        "netlab": VERSION,
        "torch": torch.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "processor": torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "device_type": device.type,
        "data_hash": data_hash,
        "processes": processes,
    }
