"""What has to be the same for the same numbers."""

from __future__ import annotations

import sys
from typing import Any

import torch


def circumstances(device: torch.device, data_hash: str, processes: int = 1) -> dict[str, Any]:
    """The circumstances of a run as plain data, for its record and its checkpoints."""
    return {
        "torch": torch.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "threads": torch.get_num_threads(),
        "device_type": device.type,
        "data_hash": data_hash,
        "processes": processes,
    }
