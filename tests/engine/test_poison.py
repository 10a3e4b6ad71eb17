"""Numbers that go wrong, put in at random: the run ends in that very step, and names where they began.

The suite draws a few cases over the smaller examples; ``NETLAB_POISON_CASES`` asks for more, from all of them, and
``NETLAB_TURN`` for others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from netlab.compiler.builder import Graph
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine.build import Built
from netlab.engine.step import Stepper
from netlab.engine.train import run_job
from netlab.runs import store

CASES = int(os.environ.get("NETLAB_POISON_CASES", "12"))
TURN = int(os.environ.get("NETLAB_TURN", "0"))
QUICK = ("autoencoder", "gpt", "lenet", "seq2seq", "spirals", "transformer", "vae", "vit")
NAMES = QUICK if CASES <= 12 else tuple(name for name in examples() if name != "perceptron")
KINDS = ("weight", "weight", "data", "learning rate", "logarithm", "root", "float16")
Spoil = Callable[[Built, dict[str, torch.Tensor]], str]


@cache
def example(name: str) -> Project:
    project = msgspec.structs.replace(file.load(examples()[name]), probes={})
    for setting, value in {"device": "cpu", "batch_size": 8, "checkpoint_seconds": 3600.0}.items():
        project = edits.set_training(project, setting, value)
    return project


def with_function(function: str) -> Project:
    """A classifier with a function that has no finite value, or no finite slope, at 0."""
    g = Graph()
    hidden = g.add("linear", g.add("input", field="point"), name="hidden", out_features=12)
    scores = g.add("linear", g.add("function", hidden, name="culprit", function=function), out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    return g.project(function, "points", device="cpu", batch_size=8)


def spoil_weight(draw: random.Random) -> Spoil:
    """NaN in a column of one weight, so that every row of a table that is looked up has one."""

    def spoil(built: Built, batch: dict[str, torch.Tensor]) -> str:
        name, weight = draw.choice([(n, w) for n, w in built.model.named_parameters() if w.requires_grad])
        place = [draw.randrange(size) for size in weight.shape[min(1, weight.ndim - 1) :]]
        weight.data[(slice(None), *place) if weight.ndim > 1 else tuple(place)] = float("nan")
        return built.nodes()[name]

    return spoil


def spoil_product(draw: random.Random) -> Spoil:
    """Weights whose products are beyond float16."""

    def spoil(built: Built, batch: dict[str, torch.Tensor]) -> str:
        wide = [
            f"{n}.weight"
            for n, m in built.model.named_modules()
            if isinstance(m, torch.nn.Linear | torch.nn.Conv2d) and f"{n}.weight" in built.nodes()
        ]
        name = draw.choice(wide)
        weight = built.model.get_parameter(name)
        weight.data.mul_(1e7)
        return built.nodes()[name]

    return spoil


def spoil_data(draw: random.Random) -> Spoil:
    def spoil(built: Built, batch: dict[str, torch.Tensor]) -> str:
        field = draw.choice([name for name, values in batch.items() if values.is_floating_point()])
        row = batch[field][draw.randrange(len(batch[field]))].view(-1)
        row[draw.randrange(len(row))] = draw.choice([float("nan"), float("inf")])
        return next(n.id for n in built.project.graph.nodes.values() if n.options.get("field") == field)

    return spoil


def first_to_learn(built: Built, batch: dict[str, torch.Tensor]) -> str:
    learning = {built.nodes()[name] for name, w in built.model.named_parameters() if w.requires_grad}
    return next(node for node in built.inferred.order if node in learning)


def spoil_function(built: Built, batch: dict[str, torch.Tensor]) -> str:
    """Only zeros reach the function."""
    built.model.hidden.weight.data.zero_()
    built.model.hidden.bias.data.zero_()
    return next(n.id for n in built.project.graph.nodes.values() if n.name == "culprit")


def drawn(seed: int) -> tuple[str, Project, Spoil]:
    """What goes wrong, in which project, and the function that does it and tells where."""
    draw = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    name = draw.choice(NAMES)
    if kind == "weight":
        return f"{kind} of {name}", example(name), spoil_weight(draw)
    if kind == "data":
        name = draw.choice(
            [n for n in NAMES if n in ("autoencoder", "lenet", "spirals", "vae", "vit", "resnet18", "unet")]
        )
        return f"{kind} of {name}", example(name), spoil_data(draw)
    if kind == "learning rate":
        if "lstm" in name:  # its states stay within ±1 whatever its weights are, so others are the first to go wrong
            name = "lenet"
        project = edits.set_training(example(name), "learning_rate", 1e10)
        return f"{kind} for {name}", edits.set_training(project, "schedule", "constant"), first_to_learn
    if kind == "float16":
        name = draw.choice([n for n in NAMES if n in ("autoencoder", "lenet", "vae", "resnet18", "unet", "vit")])
        return f"{kind} of {name}", edits.set_training(example(name), "precision", "float16"), spoil_product(draw)
    function = {"logarithm": "log", "root": "sqrt"}[kind]
    return kind, with_function(function), spoil_function


@pytest.mark.parametrize("seed", range(TURN * CASES, (TURN + 1) * CASES))
def test_a_random_poison_is_stopped_in_its_step_and_named(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, project, spoil = drawn(seed)
    project = edits.set_training(project, "seed", seed)
    at = random.Random(seed).randint(2, 4)
    seen: dict[str, Any] = {"steps": 0}
    forward = Stepper.forward

    def spoiled(self: Stepper, batch: dict[str, torch.Tensor]) -> None:
        seen["steps"] += 1
        if seen["steps"] == (at if " of " in kind else 1):
            seen["node"] = spoil(self.built, batch)
        forward(self, batch)

    monkeypatch.setattr(Stepper, "forward", spoiled)
    folder = store.create(file.encode(project), tmp_path, steps=10)
    status = run_job(folder)
    assert status["state"] == "failed", kind
    assert f"tep {seen['steps']}" in status["message"], "no step was begun after the bad one"
    assert status["node"] == seen["node"], f"{kind}: {status['message']}"
