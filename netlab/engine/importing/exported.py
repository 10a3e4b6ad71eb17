"""Programs of torch.export, from a `.pt2` file or made here where torch.fx cannot follow a module."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind

from netlab.data.dataset import Field
from netlab.engine.importing.sketch import BATCH, KINDS, Scope
from netlab.engine.importing.trace import DTYPES, Made, Trace, fed
from netlab.layers.shape import FLOAT


def trace_by_export(module: nn.Module, fields: list[Field]) -> Trace:
    """Follow a module by torch.export, with an open batch axis."""
    feeding = fed(module, fields)
    given = {name: torch.zeros((3, *f.sizes), dtype=DTYPES[f.dtype]) for name, f in feeding.items()}
    batch = torch.export.Dim("batch", min=1, max=1 << 20)
    training = module.training
    module.train()
    try:
        shapes = {name: {0: batch} for name in given}
        program = torch.export.export(module, (), given, dynamic_shapes=shapes)
    finally:
        module.train(training)
    return trace_program(program, [f.name for f in feeding.values()])


def trace_program(program: ExportedProgram, names: list[str]) -> Trace:
    """The calls of a program whose inputs read these fields, in order."""
    graph = program.graph_module.graph
    trace = Trace(graph, {}, {})
    waiting = iter(names)
    specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs if hasattr(spec.arg, "name")}
    for node in graph.nodes:
        node.meta["made"] = sizes_of(node.meta.get("val"))
        node.meta["scope"], node.meta["leaf"] = _scopes(node)
        spec = specs.get(node.name) if node.op == "placeholder" else None
        if spec is None:
            continue
        if spec.kind == InputKind.USER_INPUT:
            trace.inputs[node] = next(waiting)
        elif spec.target is not None:
            trace.placed[node] = spec.target
    kept = {spec.target for spec in program.graph_signature.input_specs if spec.kind == InputKind.PARAMETER}
    trace.tensors = {
        name: nn.Parameter(tensor.detach(), requires_grad=False) if name in kept else tensor.detach()
        for name, tensor in (dict(program.state_dict) | dict(program.constants)).items()
        if isinstance(tensor, torch.Tensor)
    }
    return trace


def sizes_of(value: Any) -> Any:
    """What a call makes, from the fake tensors of a program."""
    if isinstance(value, torch.Tensor):
        return Made(tuple(_number(size) for size in value.shape), KINDS.get(value.dtype, FLOAT))
    if isinstance(value, tuple | list):
        return tuple(sizes_of(item) for item in value)
    return _number(value) if isinstance(value, torch.SymInt) else value


def _number(size: Any) -> int:
    """A size in which the open axis is the batch."""
    if not isinstance(size, torch.SymInt):
        return int(size)
    expression = size.node.expr
    return int(expression.subs(dict.fromkeys(expression.free_symbols, BATCH)))


def _scopes(node: torch.fx.Node) -> tuple[tuple[Scope, ...], str]:
    """The submodules around a call, and the path of the innermost."""
    found: list[Scope] = []
    for path, kind in (node.meta.get("nn_module_stack") or {}).values():
        name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
        if path:
            plain, _, call = path.partition("@")
            found.append(Scope(plain, name.rpartition(".")[2], int(call or 0)))
    leaf = found[-1].path if found else ""
    return tuple(found), leaf
