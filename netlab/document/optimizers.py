"""The optimizers: which class of torch each is, which settings it reads, and what it keeps for every weight.

The form, the engine, the exported script and the forecast of memory read this one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netlab.language import mark


@dataclass(frozen=True)
class Rule:
    """One way in which gradients change weights.

    Attributes:
        torch_name: its class in ``torch.optim``.
        about: what it does, and its source.
        states: numbers it keeps for every weight.
        settings: keyword of the class by name of the training setting, beside learning rate and weight decay.
        fixed: further keywords as they are.
        fused: the devices on which torch has it as one kernel for all weights.
        foreach: torch has it for many weights at a time.
        decays: it takes a weight decay.
        clips: its gradients can be cut; not those of a rule that finds them anew within a step.
    """

    torch_name: str
    about: str
    states: int
    settings: Mapping[str, str]
    fixed: Mapping[str, Any]
    fused: tuple[str, ...] = ()
    foreach: bool = True
    decays: bool = True
    clips: bool = True

    def keywords(self, training: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for the class of torch, learning rate and weight decay included."""
        found: dict[str, Any] = {"lr": training["learning_rate"]}
        if self.decays:
            found["weight_decay"] = training["weight_decay"]
        for setting, keyword in self.settings.items():
            name, _, index = keyword.partition("[")
            if index:  # betas[0]: one place of a tuple
                found[name] = (*found.get(name, ()), training[setting])
            else:
                found[name] = training[setting]
        if found.get("nesterov"):
            found["nesterov"] = found["momentum"] > 0  # without a memory there is nothing to look ahead along
        return found | dict(self.fixed)

    def states_kept(self, training: Mapping[str, Any]) -> int:
        """Numbers kept for every weight with these settings."""
        if self.torch_name == "SGD" and not training.get("momentum"):
            return 0
        if self.torch_name == "LBFGS":
            return 2 * int(training.get("history", 10)) + 3
        return self.states


CPU_AND_GPU = ("cpu", "cuda", "mps")
BETAS = {"beta1": "betas[0]", "beta2": "betas[1]", "epsilon": "eps"}
OPTIMIZERS: dict[str, Rule] = {
    "adam": Rule(
        "Adam",
        mark("Steps scaled by the running size of each gradient. Kingma and Ba 2014."),
        2,
        BETAS,
        {},
        CPU_AND_GPU,
    ),
    "sgd": Rule(
        "SGD",
        mark("Down the gradient, with momentum. Polyak 1964; look-ahead: Nesterov 1983."),
        1,
        {"momentum": "momentum", "nesterov": "nesterov"},
        {},
        CPU_AND_GPU,
    ),
    "adamw": Rule(
        "AdamW",
        mark("Adam with the decay of weights apart from the gradient. Loshchilov and Hutter 2017."),
        2,
        BETAS,
        {},
        CPU_AND_GPU,
    ),
    "nadam": Rule("NAdam", mark("Adam with Nesterov's look-ahead. Dozat 2016."), 2, BETAS, {}),
    "radam": Rule("RAdam", mark("Adam that waits until its estimates are steady. Liu et al. 2019."), 2, BETAS, {}),
    "rmsprop": Rule(
        "RMSprop",
        mark("Steps divided by the running size of each gradient. Hinton 2012."),
        1,
        {"smoothing": "alpha", "epsilon": "eps"},
        {},
    ),
    "adagrad": Rule(
        "Adagrad",
        mark("Steps divided by all gradients so far; good for rare features. Duchi et al. 2011."),
        1,
        {"epsilon": "eps"},
        {},
        ("cpu",),
    ),
    "adadelta": Rule(
        "Adadelta",
        mark("Adagrad with a short memory and units that match. Zeiler 2012."),
        2,
        {"smoothing": "rho", "epsilon": "eps"},
        {},
    ),
    "adamax": Rule(
        "Adamax", mark("Adam by the largest gradient instead of the mean. Kingma and Ba 2014."), 2, BETAS, {}
    ),
    "muon": Rule(
        "Muon",
        mark("Orthogonal steps for the matrices inside of a network, AdamW for all other weights. Jordan et al. 2024."),
        2,
        {"momentum": "momentum", "nesterov": "nesterov"},
        {"adjust_lr_fn": "match_rms_adamw"},
        foreach=False,
    ),
    "lbfgs": Rule(
        "LBFGS",
        mark("Uses curvature from past steps; for small, smooth problems and whole batches. Nocedal 1980."),
        0,
        {"history": "history_size", "iterations": "max_iter"},
        {"line_search_fn": "strong_wolfe"},
        foreach=False,
        decays=False,
        clips=False,
    ),
}


def rule(training: Mapping[str, Any]) -> Rule:
    """The rule that a project's training settings name."""
    return OPTIMIZERS[training.get("optimizer", "adam")]
