"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


def make(parameters: Iterable[nn.Parameter], training: dict[str, Any], device: torch.device) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2014) or SGD with momentum, in torch's fused form where the device has one."""
    learning = [p for p in parameters if p.requires_grad]
    common: dict[str, Any] = {"lr": training["learning_rate"], "weight_decay": training["weight_decay"]}
    fused = device.type in ("cpu", "cuda")
    if training["optimizer"] == "sgd":
        return torch.optim.SGD(learning, momentum=training["momentum"], fused=fused, **common)
    return torch.optim.Adam(learning, fused=fused, **common)
