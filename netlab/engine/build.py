"""From a project to a model: write the source, execute that very text, and let real torch judge its shapes."""

from __future__ import annotations

import hashlib
import linecache
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

from netlab.compiler.check import check
from netlab.compiler.infer import Inferred
from netlab.compiler.problem import ERROR, Problem
from netlab.compiler.source import CompileError, Source, generate, where
from netlab.document.file import write_atomically
from netlab.document.project import Project
from netlab.layers.layer import Shape

SHOWN_AS = "<netlab model.py>"


@dataclass(frozen=True)
class Built:
    """A model and what is known of it."""

    project: Project
    model: nn.Module
    source: Source
    inferred: Inferred
    filename: str

    def module(self, node: str) -> nn.Module | None:
        """The submodule that holds a node's weights; the first of several for a node in a repeated block."""
        places = self.source.modules_of_node.get(node)
        return None if places is None else self.model.get_submodule(places[0][0])

    def names(self) -> dict[str, str]:
        """Names of tensors in checkpoints, made of node ids, by their names in the model."""
        stored = {path: name for places in self.source.modules_of_node.values() for path, name in places}
        found = {}
        for name in self.model.state_dict():
            path, rest = name, ""
            while path not in stored:  # the longest beginning that is the module of a node
                path, _, last = path.rpartition(".")
                rest = f".{last}{rest}"
            found[name] = stored[path] + rest
        return found


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
    """The model of a project as a plain module; a loss is not needed.

    Raises:
        CompileError: a node that an output needs has no shape.
    """
    return _built(project, check(project), SHOWN_AS).model


def _built(project: Project, inferred: Inferred, filename: str) -> Built:
    source = generate(project, inferred)
    if filename != SHOWN_AS:
        write_atomically(Path(filename), source.text.encode())
    linecache.cache[filename] = (len(source.text), None, source.text.splitlines(keepends=True), filename)
    model_class = _module(source.text, filename).Model
    with torch.device("meta"):
        judged = Built(project, model_class(), source, inferred, filename)
    judge(judged)
    model = model_class()
    for node in project.graph.nodes.values():
        for name, _ in source.modules_of_node.get(node.id, ()) if node.frozen else ():
            model.get_submodule(name).requires_grad_(False)
    return Built(project, model, source, inferred, filename)


def _module(text: str, filename: str) -> Any:
    """The text as a module that can be imported again by its name, which torch.compile does."""
    name = f"netlab_model_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile_text(text, filename), vars(module))  # our own text: names from our own counter, no user text
    return module


def compile_text(text: str, filename: str) -> Any:
    """The code object of generated source; its lines show in tracebacks under `filename`."""
    import builtins

    return builtins.compile(text, filename, "exec")


def judge(built: Built, batch: int = 2) -> None:
    """Run the model on meta tensors, which hold no numbers, and compare every output with the inferred shape."""
    dtypes = {"float": torch.float32, "int": torch.int64}
    fields = {name: built.inferred.fields[name] for name in built.source.inputs}
    given = {n: torch.zeros((batch, *f.sizes), dtype=dtypes[f.dtype], device="meta") for n, f in fields.items()}
    try:
        with torch.device("meta"):
            results = built.model(**given)
    except Exception as error:
        node = node_of(error, built)
        message = f"{where(built.project, node)} cannot run: {error}"
        raise CompileError([Problem("torch", message, node, severity=ERROR)]) from error
    outputs = results if isinstance(results, tuple) else (results,)
    shapes = [built.inferred.inputs[node, "x"] for node in output_nodes(built)]
    for node, shape, tensor in zip(output_nodes(built), shapes, outputs, strict=True):
        expected = _sizes(shape, batch)
        if tuple(tensor.shape) != expected:
            message = (
                f"{where(built.project, node)}: torch makes {tuple(tensor.shape)} where {expected} was expected. "
                "Please report this; it is a fault of NetLab."
            )
            raise CompileError([Problem("torch_shape", message, node, severity=ERROR)])


def output_nodes(built: Built) -> list[str]:
    """The Output nodes in the order in which the model returns their values."""
    layers = built.inferred.layers
    return [node for node in built.inferred.order if node in layers and layers[node].role == "output"]


def node_of(error: BaseException, built: Built) -> str:
    """The node whose line raised an error, "" if none did."""
    trace, found = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == built.filename:
            found = built.source.node_of_line.get(trace.tb_lineno, found)
        trace = trace.tb_next
    return found


def seed_everything(seed: int) -> None:
    """Fix all generators that a model may draw from."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _sizes(shape: Shape, batch: int) -> tuple[int, ...]:
    return tuple(batch if size is None else size for size in shape.sizes)
