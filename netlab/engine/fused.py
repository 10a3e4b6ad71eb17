"""The step of torch's fused Adam and AdamW on the CPU, without what surrounds the kernel.

Before each step torch's own optimizers gather their tensors anew, sort them by device and count the steps of each
weight apart, which takes several times as long as the kernel on a small model. Here the tensors are gathered once and
the counts lie side by side, so that one addition counts them all. The numbers are those of torch, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from netlab.engine.private import fused_adam


@dataclass(frozen=True)
class _Group:
    """What the kernel takes for one group of weights, but for the gradients."""

    options: dict[str, Any]
    parameters: list[torch.Tensor]
    means: list[torch.Tensor]
    squares: list[torch.Tensor]
    largest: list[torch.Tensor]
    steps: list[torch.Tensor]
    counts: torch.Tensor

    def step(self, kernel: Callable[..., None], gradients: list[torch.Tensor]) -> None:
        self.counts.add_(1)
        kernel(
            self.parameters,
            gradients,
            self.means,
            self.squares,
            self.largest,
            self.steps,
            lr=self.options["lr"],
            beta1=self.options["betas"][0],
            beta2=self.options["betas"][1],
            weight_decay=self.options["weight_decay"],
            eps=self.options["eps"],
            amsgrad=self.options["amsgrad"],
            maximize=self.options["maximize"],
        )


class BareAdam:
    """Steps like `usual`, the step of `part`; by it where the state is new, or a weight has no gradient."""

    def __init__(self, part: torch.optim.Optimizer, usual: Callable[[], object]) -> None:
        self._part, self._usual = part, usual
        kernel = fused_adam(part.defaults["decoupled_weight_decay"])
        assert kernel is not None, "it fits"
        self._kernel = kernel
        self._groups: list[_Group] = []

    @staticmethod
    def fits(part: torch.optim.Optimizer) -> bool:
        """Whether it is a fused Adam or AdamW, all of whose weights are alike and on the CPU, and its kernel is there."""
        kinds = {(p.device.type, p.dtype) for group in part.param_groups for p in group["params"]}
        is_adam = isinstance(part, torch.optim.Adam) and bool(part.defaults.get("fused"))
        if not is_adam or kinds != {("cpu", torch.float32)}:
            return False
        return fused_adam(part.defaults.get("decoupled_weight_decay", False)) is not None

    def __call__(self) -> None:
        gradients: list[list[Any]] = [[p.grad for p in group.parameters] for group in self._groups]
        told_to_wait = getattr(self._part, "found_inf", None) is not None
        if told_to_wait or not self._is_gathered() or any(g is None for each in gradients for g in each):
            self._usual()
            self._gather()
            return
        for group, found in zip(self._groups, gradients, strict=True):
            group.step(self._kernel, found)

    def _is_gathered(self) -> bool:
        """Whether what was gathered is still what the optimizer holds; a checkpoint brings tensors of its own."""
        state = self._part.state
        return bool(self._groups) and all(state[g.parameters[0]]["step"] is g.steps[0] for g in self._groups)

    def _gather(self) -> None:
        self._groups = []
        if len(self._part.state) == sum(len(group["params"]) for group in self._part.param_groups):
            self._groups = [self._gathered(group) for group in self._part.param_groups]

    def _gathered(self, group: dict[str, Any]) -> _Group:
        parameters = group["params"]
        states = [self._part.state[p] for p in parameters]
        counts = torch.stack([state["step"] for state in states])
        steps = list(counts.unbind())
        for state, step in zip(states, steps, strict=True):
            state["step"] = step
        largest = [state["max_exp_avg_sq"] for state in states] if group["amsgrad"] else []
        means, squares = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq"))
        return _Group(group, parameters, means, squares, largest, steps, counts)
