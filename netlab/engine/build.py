"""From a project to a model: write the source, execute that very text, and let real torch judge its shapes."""

from __future__ import annotations

import hashlib
import linecache
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

from netlab.compiler.check import check
from netlab.compiler.consent import refusals
from netlab.compiler.infer import Inferred
from netlab.compiler.problem import ERROR, Problem
from netlab.compiler.source import CompileError, Source, generate, where
from netlab.document import edits
from netlab.document.edits import EditError
from netlab.document.file import write_atomically
from netlab.document.project import Project
from netlab.language import sentences, tr
from netlab.layers.layer import Shape

SHOWN_AS = "<netlab model.py>"


@dataclass(frozen=True)
class Built:
    """A model and what is known of it.

    Attributes:
        loss_weights: those of the source, as long as `reweigh` gives no others.
    """

    project: Project
    model: nn.Module
    source: Source
    inferred: Inferred
    filename: str
    loss_weights: dict[str, float] = field(default_factory=dict)

    def module(self, node: str) -> nn.Module | None:
        """The submodule that holds a node's weights; the first of several for a node in a repeated block."""
        places = self.source.modules_of_node.get(node)
        return None if places is None else self.model.get_submodule(places[0][0])

    def names(self) -> dict[str, str]:
        """Names of tensors in checkpoints, made of node ids, by their names in the model."""
        stored = {path: name for places in self.source.modules_of_node.values() for path, name in places}
        found = {}
        for name in self.model.state_dict():
            path = _within(name, stored)
            found[name] = stored[path] + name[len(path) :]
        return found

    def nodes(self) -> dict[str, str]:
        """The node of each weight, by the weight's name in the model."""
        holders = self.holders()
        return {name: holders[name] for name, _ in self.model.named_parameters()}

    def holders(self) -> dict[str, str]:
        """The node of each tensor, statistics included, by the tensor's name in the model."""
        owner = {path: node for node, places in self.source.modules_of_node.items() for path, _ in places}
        return {name: owner[_within(name, owner)] for name in self.model.state_dict()}


def _within(name: str, paths: Mapping[str, str]) -> str:
    """The longest beginning of a tensor's name that is the path of a node's module."""
    while name not in paths:
        name = name.rpartition(".")[0]
    return name


def build(project: Project, filename: Path | None = None) -> Built:
    """The model of a project, on the CPU, with weights drawn from the global generator. Its text goes to `filename`.

    Raises:
        CompileError: the project has blocking problems, or torch disagrees with the shapes that were inferred.
    """
    inferred = check(project)
    if inferred.blocking:
        raise CompileError(inferred.blocking)
    return _built(project, inferred, str(filename or SHOWN_AS))


def compile(project: Project) -> nn.Module:
    """The model of a project as a plain module, with the weights that it begins with; a loss is not needed.

    Raises:
        CompileError: a node that an output needs has no shape.
        WeightsError: the weights are not on this computer.
    """
    from netlab.engine.start import begin  # which needs `Built`

    built = draft(project)
    begin(built)
    return built.model


def draft(project: Project) -> Built:
    """The model of a project with fresh weights; a loss is not needed.

    Raises:
        CompileError: a node that an output needs has no shape.
    """
    return _built(project, check(project), SHOWN_AS)


def _built(project: Project, inferred: Inferred, filename: str) -> Built:
    source = generate(project, inferred)
    unread = refusals(project, source.definitions)
    if unread:
        raise CompileError(unread)
    if filename != SHOWN_AS:
        write_atomically(Path(filename), source.text.encode())
    linecache.cache[filename] = (len(source.text), None, source.text.splitlines(keepends=True), filename)
    try:
        model_class = _module(source.text, filename).Model
        device = "cpu" if source.definitions else "meta"  # users' code may look at numbers, which meta tensors lack
        with torch.random.fork_rng(devices=[]):
            with torch.device(device):
                judged = Built(project, model_class(), source, inferred, filename)
            judge(judged, device=device)
        model = model_class()
    except Exception as error:
        if isinstance(error, CompileError) or not source.definitions:
            raise
        raise CompileError([_cannot_run(project, error, source, filename)]) from error
    for node in project.graph.nodes.values():
        for name, _ in source.modules_of_node.get(node.id, ()) if node.frozen else ():
            model.get_submodule(name).requires_grad_(False)
    return Built(project, model, source, inferred, filename, dict(source.loss_weights))


@contextmanager
def judging(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, and no gradients; every part of the model gets its own mode back."""
    learning = [module for module in model.modules() if module.training]
    switch = object.__setattr__  # that of modules first asks whether the value is a weight, which takes far longer
    for module in learning:
        switch(module, "training", False)
    try:
        with torch.no_grad():
            yield
    finally:
        for module in learning:
            switch(module, "training", True)


def reweigh(built: Built, weights: Mapping[str, float], *models: nn.Module) -> None:
    """Give the losses of some nodes other weights: the text with them takes the place of the old, tensors stay.

    Raises:
        EditError: there is no such node.
        OptionError: a weight outside its limits.
    """
    project = built.project
    for node, weight in weights.items():
        layer = built.inferred.layers.get(node)
        if layer is None or layer.role != "loss":
            raise EditError(tr("{node!r} is no loss. Name the node of a loss.", node=node))
        project = edits.set_option(project, node, "weight", layer.options()["weight"].check(weight))
    source = generate(project, check(project))
    text = source.text
    built.loss_weights.update(source.loss_weights)
    if built.filename != SHOWN_AS:
        write_atomically(Path(built.filename), text.encode())
    linecache.cache[built.filename] = (len(text), None, text.splitlines(keepends=True), built.filename)
    for model in models:
        model.__class__ = _module(text, built.filename).Model


def _module(text: str, filename: str) -> Any:
    """The text as a module that can be imported again by its name, which torch.compile does."""
    name = f"netlab_model_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile_text(text, filename), vars(module))  # our own text, and code that was read and agreed to
    return module


def compile_text(text: str, filename: str) -> Any:
    """The code object of generated source; its lines show in tracebacks under `filename`."""
    import builtins

    return builtins.compile(text, filename, "exec")


def judge(built: Built, batch: int = 2, device: str = "meta") -> None:
    """Run the model on zeros, or on meta tensors, which hold none, and compare every output with the inferred shape."""
    dtypes = {"float": torch.float32, "int": torch.int64}
    fields = {name: built.inferred.fields[name] for name in built.source.inputs}
    given = {n: torch.zeros((batch, *f.sizes), dtype=dtypes[f.dtype], device=device) for n, f in fields.items()}
    try:
        with torch.device(device):
            results = built.model(**built.source.questions(given))
    except Exception as error:
        raise CompileError([_cannot_run(built.project, error, built.source, built.filename)]) from error
    outputs = results if isinstance(results, tuple) else (results,)
    shapes = [built.inferred.inputs[node, "x"] for node in output_nodes(built)]
    for node, shape, tensor in zip(output_nodes(built), shapes, outputs, strict=True):
        expected = _sizes(shape, batch)
        if tuple(tensor.shape) != expected:
            custom = [where(built.project, n) for nodes in built.source.definitions.values() for n in nodes]
            blame = tr("Please report this.")
            if custom:
                blame = tr("Correct the shape rule of {nodes}.", nodes=" / ".join(custom))
            told = tr(
                "{node} gets {found} from torch, not {expected}.",
                node=where(built.project, node),
                found=tuple(tensor.shape),
                expected=expected,
            )
            message = sentences(told, blame)
            raise CompileError([Problem("torch_shape", message, node, severity=ERROR)])


def _cannot_run(project: Project, error: Exception, source: Source, filename: str) -> Problem:
    node, line = place_of(error, source, filename)
    place = where(project, node)
    place = tr("{place}, line {line} of its code,", place=place, line=line) if line else place
    reason = str(error) or type(error).__name__
    return Problem("torch", tr("{place} cannot run: {reason}", place=place, reason=reason), node)


def output_nodes(built: Built) -> list[str]:
    """The Output nodes in the order in which the model returns their values."""
    layers = built.inferred.layers
    return [node for node in built.inferred.order if node in layers and layers[node].role == "output"]


def node_of(error: BaseException, built: Built) -> str:
    """The node whose line raised an error, "" if none did."""
    return place_of(error, built.source, built.filename)[0]


def place_of(error: BaseException, source: Source, filename: str) -> tuple[str, int]:
    """The node whose line raised an error, and the line of its own code if that raised it; "" and 0 if there is none."""
    trace, found, line = error.__traceback__, "", 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            found = source.node_of_line.get(trace.tb_lineno, found)
            text, line = source.lines_of_text.get(trace.tb_lineno, ("", line))
            found = found or next(iter(source.definitions.get(text, ())), "")
        trace = trace.tb_next
    return found, line


def seed_everything(seed: int) -> None:
    """Fix all generators that a model may draw from."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _sizes(shape: Shape, batch: int) -> tuple[int, ...]:
    return tuple(batch if size is None else size for size in shape.sizes)
