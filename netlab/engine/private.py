"""What is used of torch that torch does not promise to keep, each with the public way for where it is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

_torch: Any = torch
_engine: Any = getattr(torch.autograd.Variable, "_execution_engine", None)
_check: Any = getattr(_torch, "_amp_foreach_non_finite_check_and_unscale_", None)


def run_backward(loss: torch.Tensor, one: torch.Tensor) -> None:
    """What `Tensor.backward` does, without its checks, which take a third of its time on a small model.

    Args:
        one: the gradient of the loss, a 1 of its type on its device.
    """
    if hasattr(_engine, "run_backward"):
        _engine.run_backward((loss,), (one,), False, False, (), allow_unreachable=True, accumulate_grad=True)
    else:
        loss.backward(one)


def after_backward(call: Callable[[], None]) -> None:
    """Have something called when the backward pass that is under way is over; never, where torch has no way for it."""
    if hasattr(_engine, "queue_callback"):
        _engine.queue_callback(call)


def find_infinite(gradients: Sequence[torch.Tensor], found: torch.Tensor, one: torch.Tensor) -> None:
    """Set `found` to 1 if a gradient holds a number that is not finite: in one kernel, as GradScaler does."""
    if _check is not None:
        _check(gradients, found, one)
    elif gradients:
        found.copy_(torch.stack([~gradient.isfinite().all() for gradient in gradients]).any())


def fused_adam(decoupled: bool) -> Callable[..., None] | None:
    """The kernel of fused Adam, or of AdamW if its weight decay is `decoupled`; None where torch has none of the name."""
    return getattr(_torch, "_fused_adamw_" if decoupled else "_fused_adam_", None)
