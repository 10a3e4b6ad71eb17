"""Torch as the judge of every layer: the code runs, and shapes and weights are what the declaration says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlab.layers.help import example
from netlab.layers.layer import Case, Code, Layer, Shape, catalogue

SIZES = {"B": 2, "T": 5, "S": 7}
every_layer = pytest.mark.parametrize("cls", catalogue().values(), ids=catalogue())


def concrete(shape: Shape, sizes: dict[str, int]) -> tuple[int, ...]:
    """The sizes of a shape with every open axis given a number by its name."""
    return tuple(sizes[axis.name] if axis.size is None else axis.size for axis in shape)


def benches(cls: type[Layer]) -> Iterator[Bench]:
    """Every case of a layer that is no error, each with the same luck."""
    for case in (case for case in cls.cases if not case.error):
        torch.manual_seed(0)
        yield Bench(cls, case)


class Bench:
    """One case of one layer: its shapes, and its code as something that runs."""

    def __init__(self, cls: type[Layer], case: Case) -> None:
        self.layer = cls(**{name: value for name, value in case.values.items() if name in cls.options()})
        self.shapes = {p: Shape.parse(case.values[p]) if p in case.values else None for p in cls.inputs()}
        made = self.layer.shapes(**self.shapes)
        self.expected = list(made.values()) if isinstance(made, dict) else [made]
        if cls.role in ("output", "block_output"):  # the value passes through, though no port carries it on
            self.expected = [shape for shape in self.shapes.values() if shape is not None]
        self.weights = self.layer.weights(**self.shapes)
        self.code: Code = self.layer.code(**self.shapes)
        self.scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
        for line in self.code.imports:
            exec(line, self.scope)
        exec(self.code.definition, self.scope)

    def module(self) -> nn.Module | None:
        return eval(self.code.init, self.scope) if self.code.init else None

    def inputs(self, device: str) -> dict[str, Tensor | None]:
        """A tensor for every wired port; indices below the smallest number of rows or classes."""
        highest = self.layer.values.get("num_embeddings", 2)
        if self.layer.role == "loss" and (scores := self.shapes.get("prediction")) is not None:
            highest = scores.last
        found: dict[str, Tensor | None] = {}
        for port, shape in self.shapes.items():
            if shape is None:
                found[port] = None
            elif shape.dtype == "bool":
                found[port] = torch.ones(concrete(shape, SIZES), device=device, dtype=torch.bool)
            elif shape.dtype == "int":
                found[port] = torch.randint(0, highest, concrete(shape, SIZES), device=device)
            else:
                found[port] = torch.randn(concrete(shape, SIZES), device=device, requires_grad=True)
        return found

    def run(self, module: nn.Module | None, inputs: dict[str, Tensor | None], expression: str) -> Any:
        names = {name: name for name in inputs}
        return eval(expression.format(self="module", **names), self.scope | inputs | {"module": module})

    def forward(self, module: nn.Module | None, inputs: dict[str, Tensor | None]) -> list[Tensor]:
        """The outputs in port order."""
        made = self.run(module, inputs, self.code.forward)
        ports = {port: f"out_{port}" for port in self.layer.outputs()}
        if len(ports) < 2:
            return [made]
        scope: dict[str, Any] = {"made": made}
        exec((self.code.targets or ", ".join(f"{{{p}}}" for p in ports)).format(**ports) + " = made", scope)
        return [scope[name] for name in ports.values()]


@every_layer
def test_on_meta_tensors(cls: type[Layer]) -> None:
    for bench in benches(cls):
        check_on_meta_tensors(cls, bench)


def check_on_meta_tensors(cls: type[Layer], bench: Bench) -> None:
    with torch.device("meta"):
        module = bench.module()
    if cls.must_run:
        assert bench.weights == {}
    elif module is not None:
        named = {name: tuple(p.shape) for name, p in module.named_parameters()}
        assert named == bench.weights
    else:
        assert bench.weights == {}
    inputs = bench.inputs("meta")
    outputs = bench.forward(module, inputs)
    assert [tuple(y.shape) for y in outputs] == [concrete(shape, SIZES) for shape in bench.expected]
    dtypes = {torch.float32: "float", torch.int64: "int", torch.bool: "bool"}
    assert [dtypes[y.dtype] for y in outputs] == [shape.dtype for shape in bench.expected]
    for expression in bench.code.metrics.values():
        assert bench.run(module, inputs, expression).shape == ()


@every_layer
def test_one_step_on_the_cpu(cls: type[Layer]) -> None:
    for bench in benches(cls):
        check_one_step(cls, bench)


def check_one_step(cls: type[Layer], bench: Bench) -> None:
    module, inputs = bench.module(), bench.inputs("cpu")
    outputs = [y for y in bench.forward(module, inputs) if y.is_floating_point()]
    assert all(torch.isfinite(y).all() for y in outputs)
    floats = [x for x in inputs.values() if x is not None and x.is_floating_point()]
    parameters = dict(module.named_parameters()) if module is not None else {}
    goals = [y for y in outputs if y.requires_grad]
    if not goals:
        assert cls.stops_gradient or not (floats or parameters)
        return
    # a plain sum has no gradient behind a softmax or a norm
    torch.stack([(y * torch.randn_like(y)).sum() for y in goals]).sum().backward()
    for x in floats:
        assert x.grad is not None or cls.stops_gradient
        if x.grad is None:
            continue
        assert torch.isfinite(x.grad).all()
    for name, parameter in parameters.items():
        assert parameter.grad is not None, f"{name} gets no gradient"
        assert torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize("cls", [cls for cls in catalogue().values() if cls.role == "loss"])
def test_metrics_are_finite(cls: type[Layer]) -> None:
    for bench in benches(cls):
        inputs = bench.inputs("cpu")
        for expression in bench.code.metrics.values():
            assert torch.isfinite(bench.run(None, inputs, expression))


def accuracy(answers: list[int], target: list[int], ignore_index: int) -> float:
    scores = F.one_hot(torch.tensor([answers]), 3).float()
    cls = catalogue()["cross_entropy_loss"]
    layer = cls(ignore_index=ignore_index)
    code = layer.code(Shape.parse("B T 3"), Shape.parse("int B T"))
    expression = code.metrics["accuracy"].format(prediction="p", target="t")
    return float(eval(expression, {"p": scores, "t": torch.tensor([target])}))


def test_accuracy_counts_only_what_is_not_ignored() -> None:
    assert accuracy([0, 1, 2, 0], [0, 1, 0, 1], -100) == pytest.approx(0.5)
    assert accuracy([0, 1, 2, 0], [0, -100, -100, 1], -100) == pytest.approx(0.5)
    assert accuracy([0, 1, 2, 0], [0, 1, 2, 1], 0) == pytest.approx(2 / 3)


@pytest.mark.parametrize("cls", [cls for cls in catalogue().values() if example(cls)])
def test_the_example_of_the_help_runs(cls: type[Layer]) -> None:
    scope: dict[str, Any] = {}
    text = example(cls)
    exec(text, scope)
    first = scope[next(iter(cls.outputs()))]
    told = text.rpartition("# ")[2]
    assert str(tuple(first.shape)) == told
