"""The optimizer of a model, made from the table in `netlab.document.optimizers`, and its learning rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from netlab.document.optimizers import OPTIMIZERS, rule
from netlab.document.training import node_training
from netlab.engine.build import Built
from netlab.engine.fused import BareAdam

CURVATURE = ("lbfgs",)  # goes through a batch several times in one step, and knows one learning rate
MATRICES = ("muon",)  # takes only matrices; the other weights go to AdamW


class Optimizer:
    """One optimizer of torch, or two where a rule takes only matrices; groups of weights learn at their own rates.

    Attributes:
        parts: the optimizers of torch.
        parameters: all weights that learn, now or in a later epoch.
        learning_rate, weight_decay: before the factors of the groups.
        frozen_epochs: weights that learn only after so many epochs.
    """

    def __init__(self, parts: list[torch.optim.Optimizer], frozen_epochs: dict[nn.Parameter, int]) -> None:
        self.parts, self.frozen_epochs = parts, frozen_epochs
        self.parameters = [p for group in self.param_groups for p in group["params"]]
        self.learning_rate = self.weight_decay = 0.0
        self._steps = [_bare_step(part) for part in parts]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all parts."""
        return [group for part in self.parts for group in part.param_groups]

    @property
    def closes(self) -> bool:
        """Whether a step needs to run the model again."""
        return isinstance(self.parts[0], torch.optim.LBFGS)

    @property
    def fused(self) -> bool:
        """Whether all parts are single kernels, which can be told on the device to leave the weights alone."""
        return all(part.defaults.get("fused") for part in self.parts)

    @torch.no_grad()
    def step(self) -> None:
        """Change the weights by their gradients."""
        for step in self._steps:
            step()

    def search(self, closure: Callable[[], torch.Tensor]) -> None:
        """Change the weights after going through the batch as often as the optimizer likes."""
        self.parts[0].step(closure)  # type: ignore[arg-type] - torch says float, and means what backward gives

    def zero_grad(self) -> None:
        """Let go of the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def set_learning_rate(self, value: float) -> None:
        """Set η; each group gets it times its factor."""
        if value == self.learning_rate:
            return
        self.learning_rate = value
        for group in self.param_groups:
            group["lr"] = value * group["learning_rate_factor"]

    def set_weight_decay(self, value: float) -> None:
        """Set the pull towards zero, in the same way."""
        self.weight_decay = value
        for group in self.param_groups:
            if "weight_decay" in group:
                group["weight_decay"] = value * group["weight_decay_factor"]

    def thaw(self, epoch: int) -> bool:
        """Let those weights learn whose time has come, counting epochs from 0; False if none learns."""
        for parameter, frozen in self.frozen_epochs.items():
            parameter.requires_grad_(epoch >= frozen)
        return any(parameter.requires_grad for parameter in self.parameters)


def _bare_step(part: torch.optim.Optimizer) -> Callable[[], object]:
    """The step without the wrappers for profilers and hooks, which cost as much as the kernel on a small model."""
    step: Any = type(part).step
    while part.defaults.get("fused") and hasattr(step, "__wrapped__"):
        step = step.__wrapped__
    usual = partial(step, part)
    return BareAdam(part, usual) if BareAdam.fits(part) else usual


def parts_of(optimizer: Optimizer | torch.optim.Optimizer) -> list[torch.optim.Optimizer]:
    """The optimizers of torch in one of ours, or the one given."""
    return optimizer.parts if isinstance(optimizer, Optimizer) else [optimizer]


@dataclass(frozen=True)
class Group:
    """Weights, by their names, that learn alike: their factors on the learning rate and on the weight decay."""

    names: list[str]
    learning_rate_factor: float
    weight_decay_factor: float

    @property
    def unusual(self) -> bool:
        """Whether they learn otherwise than the settings of the run say."""
        return (self.learning_rate_factor, self.weight_decay_factor) != (1.0, 1.0)


def make(built: Built, training: dict[str, Any], device: torch.device, fused: bool = True) -> Optimizer:
    """The optimizer that the settings name, in torch's fused form where the device has one and `fused` lets it."""
    weights = dict(built.model.named_parameters())
    frozen = {weights[name]: epochs for name, epochs in frozen_epochs(built).items()}
    parts = []
    for key, groups in grouped(built, training):
        given = [
            {
                "params": [weights[name] for name in group.names],
                "learning_rate_factor": group.learning_rate_factor,
                "weight_decay_factor": group.weight_decay_factor,
            }
            for group in groups
        ]
        parts.append(_one({**training, "optimizer": key}, given, device.type if fused and not frozen else ""))
    made = Optimizer(parts, frozen)
    made.set_learning_rate(training["learning_rate"])
    made.set_weight_decay(training["weight_decay"])
    return made


def averaged(model: nn.Module, training: dict[str, Any]) -> AveragedModel | None:
    """The running mean of a model's weights that the settings ask for, None for none."""
    decay = training["ema_decay"]
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay)) if decay else None


def frozen_epochs(built: Built) -> dict[str, int]:
    """For how many epochs weights stay as they are before they learn, by their names."""
    found = {name: told["frozen_epochs"] for name, told in _told(built).items()}
    return {name: epochs for name, epochs in found.items() if epochs}


def grouped(built: Built, training: dict[str, Any]) -> list[tuple[str, list[Group]]]:
    """The rules that a run needs, by their keys in the table, each with its groups of weights."""
    told = _told(built)
    matrices = _matrices(built, set(told)) if training["optimizer"] in MATRICES else set()
    wanted = ((matrices, training["optimizer"]), (set(told) - matrices, _rule_for_rest(training)))
    return [
        (key, _groups({name: told[name] for name in told if name in names}, one=key in CURVATURE))
        for names, key in wanted
        if names
    ]


def _told(built: Built) -> dict[str, dict[str, Any]]:
    """What the nodes say of each weight that learns, by its name."""
    graph, nodes = built.project.graph, built.nodes()
    return {
        name: node_training(graph, graph.nodes[nodes[name]])
        for name, weight in built.model.named_parameters()
        if weight.requires_grad
    }


def _rule_for_rest(training: dict[str, Any]) -> str:
    return "adamw" if training["optimizer"] in MATRICES else training["optimizer"]


def _groups(told: dict[str, dict[str, Any]], one: bool) -> list[Group]:
    """Groups of weights with equal factors; all in one group for a rule that knows no other way."""
    found: dict[tuple[float, float], list[str]] = {}
    for name, values in told.items():
        factors = (1.0, 1.0) if one else (values["learning_rate_factor"], values["weight_decay_factor"])
        found.setdefault(factors, []).append(name)
    return [Group(names, rate, decay) for (rate, decay), names in found.items()]


def _one(training: dict[str, Any], groups: list[dict[str, Any]], device: str) -> torch.optim.Optimizer:
    """An optimizer of torch; unfused without a device, as for weights that join later, which fused SGD cannot take."""
    chosen = rule(training)
    keywords = chosen.keywords(training)
    if chosen.fused:
        keywords["fused"] = device in chosen.fused
    made: torch.optim.Optimizer = getattr(torch.optim, chosen.torch_name)(groups, **keywords)
    return made


def _matrices(built: Built, learning: set[str]) -> set[str]:
    """The matrices inside of a network: neither those of embeddings nor those of the last layer."""
    nodes = built.nodes()
    tables = {n for n, m in built.model.named_modules() if isinstance(m, nn.Embedding | nn.EmbeddingBag)}
    last = max((built.inferred.order.index(nodes[name]) for name in learning), default=-1)
    return {
        name
        for name, weight in built.model.named_parameters()
        if name in learning
        and weight.ndim == 2
        and name.rpartition(".")[0] not in tables
        and built.inferred.order.index(nodes[name]) != last
    }


assert set(CURVATURE + MATRICES) <= set(OPTIMIZERS), "the table has other names"
