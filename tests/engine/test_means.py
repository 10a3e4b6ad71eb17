"""A loss that leaves targets out is a mean over those that count, in whatever parts they come."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch.nn.functional import cross_entropy

from netlab.document.project import Project
from netlab.document.training import Training
from netlab.engine import optim
from netlab.engine.build import build, reweigh, seed_everything
from netlab.engine.evaluate import over
from netlab.engine.guard import Guard
from netlab.engine.loader import Loader, load_data
from netlab.engine.precision import Precision
from netlab.engine.step import Stepper

CPU = torch.device("cpu")


def stepper_and_loader(project: Project) -> tuple[Stepper, Loader]:
    training = Training(**project.training).values
    seed_everything(0)
    built = build(project)
    data = load_data(project.data, lambda level, message: None, None)
    optimizer, precision = optim.make(built, training, CPU), Precision("float32", CPU)
    guard = Guard(built, optimizer, CPU, precision)
    fields = (*built.source.inputs, *built.source.targets)
    return Stepper(built, training, optimizer, guard, precision), Loader(data, fields, 64, 0, CPU)


def test_the_loss_of_a_split_is_that_of_all_its_tokens(make_masked: Callable[..., Project]) -> None:
    stepper, loader = stepper_and_loader(make_masked())
    built = stepper.built
    pairs = next(node.id for node in built.project.graph.nodes.values() if node.name == "next")
    reweigh(built, {pairs: 2.0}, built.model)
    (everything,) = loader.all_of("val", 10**6)
    with torch.no_grad():
        (scores, told) = built.model(**built.source.arguments(everything))
    wanted = everything["original"]
    whole = cross_entropy(scores.flatten(0, 1), wanted.flatten(), ignore_index=0)
    for size in (3, 512):
        loader.all_of = partial(Loader.all_of, loader, batch_size=size)  # type: ignore[method-assign]
        found = over(built, loader, "val")
        assert found["masked"] == pytest.approx(float(whole), rel=1e-6)
        assert found["masked_accuracy"] == pytest.approx(
            float((scores.argmax(-1) == wanted)[wanted != 0].float().mean()), rel=1e-6
        )
        assert found["loss"] == pytest.approx(float(told["masked"] + 2 * told["next"]), rel=1e-6)


def test_a_batch_in_parts_has_the_gradient_of_the_whole(make_masked: Callable[..., Project]) -> None:
    found = []
    for parts in (1, 6):
        stepper, loader = stepper_and_loader(make_masked(micro_batches=parts))
        batch = next(iter(loader.batches(0)))
        batch["original"][:11] = 0  # nothing to guess in the whole first part
        stepper.forward(batch)
        stepper.backward()
        gradients = [p.grad for p in stepper.optimizer.parameters if p.grad is not None]
        found.append([*stepper.readings.values(), *gradients])
    for whole, parted in zip(*found, strict=True):
        torch.testing.assert_close(whole, parted, rtol=1e-5, atol=1e-8)


def test_a_batch_in_which_nothing_counts_teaches_nothing(make_masked: Callable[..., Project]) -> None:
    stepper, loader = stepper_and_loader(make_masked(optimizer="sgd"))
    scores = stepper.built.model.get_submodule("tokens")
    before = [p.detach().clone() for p in scores.parameters()]
    batch = next(iter(loader.batches(0)))
    stepper.forward(batch | {"original": torch.zeros_like(batch["original"])})
    stepper.backward()
    stepper.update(1)
    assert all(torch.equal(a, b) for a, b in zip(before, scores.parameters(), strict=True))
