"""Programs of torch.export in `.pt2` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch.export.graph_signature import InputKind

from netlab.data.dataset import Field
from netlab.engine.importing.exported import sizes_of, trace_program
from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.module import Imported, read
from netlab.engine.importing.project import Brought, as_project, compare, fitted
from netlab.engine.importing.sketch import BATCH
from netlab.language import tr
from netlab.layers.shape import INT


def bring(path: Path, data: str, inputs: str) -> Brought:
    """The project of a program.

    Raises:
        ImportFault: the file is no program, or its batch is fixed.
    """
    try:
        program = torch.export.load(path)
    except Exception as error:  # whatever the format's reader stumbles over
        raise ImportFault(
            tr("{name} cannot be read as a torch.export program: {error}", name=path.name, error=error)
        ) from error
    wanted = _inputs(program)

    def fit(fields: list[Field]) -> Imported:
        if len(fields) < len(wanted):
            raise ImportFault(
                tr(
                    "The program has {inputs} inputs, but the data has only {fields} fields.",
                    inputs=len(wanted),
                    fields=len(fields),
                )
            )
        for (sizes, kind), field in zip(wanted, fields, strict=False):
            if sizes != field.sizes or kind != field.dtype:
                told = " × ".join(map(str, sizes)) or tr("one number")
                raise ImportFault(
                    tr(
                        "The program wants {wanted} ({kind}), but {field} is {shape}.",
                        wanted=told,
                        kind=kind,
                        field=field.name,
                        shape=field.shape or tr("one number"),
                    )
                )
        return read(trace_program(program, [f.name for f in fields[: len(wanted)]]), fields)

    if not data and not inputs:
        try:
            imported, choice = fitted(fit, "", "")
        except ImportFault:
            parts = [f"x{i + 1}: {' '.join(map(str, sizes))}" for i, (sizes, _) in enumerate(wanted)]
            below = [" < 2" if kind == INT else "" for _, kind in wanted]
            inputs = "; ".join(part + end for part, end in zip(parts, below, strict=True))
            imported, choice = fitted(fit, "", inputs)
    else:
        imported, choice = fitted(fit, data, inputs)
    project = as_project(imported, path.stem, choice)
    module = program.module()
    difference = compare(project, imported, lambda given: module(*given.values()))
    return Brought(project, imported.weights, imported.opaque, imported.notes, difference)


def _inputs(program: Any) -> list[tuple[tuple[int, ...], str]]:
    """Sizes of one sample and kind of every input."""
    names = [s.arg.name for s in program.graph_signature.input_specs if s.kind == InputKind.USER_INPUT]
    nodes = {node.name: node for node in program.graph_module.graph.nodes}
    found = []
    for name in names:
        made = sizes_of(nodes[name].meta["val"])
        if made.sizes[:1] != (BATCH,):
            raise ImportFault(
                tr(
                    "The batch of this program is fixed. Export it again with dynamic_shapes that leave the first axis "
                    "open."
                )
            )
        found.append((made.sizes[1:], made.kind))
    return found
