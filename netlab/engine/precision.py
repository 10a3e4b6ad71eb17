"""Numbers for the large products of a model: float32, or half as long ones where that is safe (Micikevicius 2018)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

WORK_SPACE = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
LOWEST_SCALE = 2.0**-10  # a loss scale below this says that gradients are not finite for another reason


class Precision:
    """The autocast region of a run and, for float16, the scale of its loss.

    Attributes:
        scaler: keeps the scale of the loss; does nothing but for float16.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        self.device = device
        self.dtype = None if name == "float32" else getattr(torch, name)
        self.scaler = torch.amp.GradScaler(device.type, enabled=name == "float16")

    @property
    def scales(self) -> bool:
        """Whether the loss is scaled."""
        return self.scaler.is_enabled()

    def region(self) -> Any:
        """Within it, products are computed in the chosen numbers."""
        return nullcontext() if self.dtype is None else torch.autocast(self.device.type, self.dtype)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps, as plain data."""
        return self.scaler.state_dict()

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on with the scale of a checkpoint."""
        if self.scales and state:
            self.scaler.load_state_dict(state)


@contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """Within it, torch only uses kernels that give the same bits each time, and refuses what has none.

    On a GPU products refuse as well unless cuBLAS is told of a work space of fixed size before its first one.
    """
    before, benchmark = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    if wanted:
        os.environ.setdefault(*WORK_SPACE)
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.backends.cudnn.benchmark = benchmark
