"""ONNX files: read as data, every weight inside of the file itself, and compared with ONNX Runtime where it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from netlab.compiler.names import identifier
from netlab.data.dataset import Field
from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.module import Imported, finish
from netlab.engine.importing.project import Brought, as_project, compare, fitted
from netlab.engine.importing.sketch import BATCH
from netlab.language import tr

OPEN = 16
"""The size that stands for an open axis other than the batch, if nobody says another."""


def bring(path: Path, data: str, inputs: str) -> Brought:
    """The project of an ONNX model.

    Raises:
        ImportFault: it is none, or its weights are in other files.
    """
    model = _load(path)
    wanted = _inputs(model)
    from netlab.engine.importing import onnx_ops, onnx_plain_ops  # noqa: F401 - they register themselves
    from netlab.engine.importing.onnx_reader import OnnxReader

    def fit(fields: list[Field]) -> Imported:
        if len(fields) < len(wanted):
            raise ImportFault(
                tr(
                    "The model has {inputs} inputs, but the data has only {fields} fields.",
                    inputs=len(wanted),
                    fields=len(fields),
                )
            )
        for (name, sizes, kind, _), field in zip(wanted, fields, strict=False):
            fits = len(sizes) == len(field.sizes) and all(
                a in (b, BATCH) for a, b in zip(sizes, field.sizes, strict=True)
            )
            if not fits or kind != field.dtype:
                told = " × ".join(tr("any") if size == BATCH else str(size) for size in sizes) or tr("one number")
                raise ImportFault(
                    tr(
                        "{name} of the model wants {wanted} ({kind}), but {field} is {shape}.",
                        name=name,
                        wanted=told,
                        kind=kind,
                        field=field.name,
                        shape=field.shape or tr("one number"),
                    )
                )
        by_name = {name: field for (name, *_), field in zip(wanted, fields, strict=False)}
        return finish(OnnxReader(model, by_name).read())

    try:
        imported, choice = fitted(fit, data, inputs)
    except ImportFault:
        if data or inputs:
            raise
        imported, choice = fitted(fit, "", _described(wanted))
    project = as_project(imported, path.stem, choice)
    difference = compare(project, imported, lambda given: _by_onnxruntime(path, given))
    return Brought(project, imported.weights, imported.opaque, imported.notes, difference)


def _load(path: Path) -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ImportFault(
            tr("ONNX needs the package {name}. Install it with: pip install netlab[export]", name="onnx")
        ) from error
    try:
        model = onnx.load(str(path), load_external_data=False)
        opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    except Exception as error:  # the protobuf reader has many
        raise ImportFault(
            tr("{name} cannot be read as an ONNX model: {error}", name=path.name, error=str(error)[:200])
        ) from error
    outside = [
        t.name for t in model.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL or t.external_data
    ]
    if outside:
        raise ImportFault(
            tr(
                "{name} names other files that hold its weights, such as {weight!r}, and a model is not allowed to "
                "open files. Save it as one file: onnx.save(onnx.load(...), ..., save_as_external_data=False).",
                name=path.name,
                weight=outside[0],
            )
        )
    if opset < 13:
        model = onnx.version_converter.convert_version(model, 17)
    return model


def _inputs(model: Any) -> list[tuple[str, tuple[int, ...], str, int]]:
    """Name, sizes of one sample with `BATCH` for open axes, kind, and for indices how many there are."""
    from netlab.engine.importing.onnx_reader import KINDS

    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    found = []
    for entry in model.graph.input:
        if entry.name in stored:
            continue
        tensor = entry.type.tensor_type
        sizes = [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else BATCH for d in tensor.shape.dim]
        if not sizes:
            raise ImportFault(
                tr("The input {name} is a single number without a batch, which no data can feed.", name=entry.name)
            )
        rows = [
            stored[n.input[0]].dims[0]
            for n in model.graph.node
            if n.op_type == "Gather" and n.input[1] == entry.name and n.input[0] in stored
        ]
        found.append((entry.name, tuple(sizes[1:]), KINDS.get(tensor.elem_type, "float"), min(rows, default=2)))
    return found


def _described(wanted: list[tuple[str, tuple[int, ...], str, int]]) -> str:
    """The inputs as the source of random values takes them."""
    parts = []
    for name, sizes, kind, rows in wanted:
        numbers = " ".join(str(OPEN if size == BATCH else size) for size in sizes)
        below = f" < {rows}" if kind == "int" else ""
        parts.append(f"{identifier(name, 'input')}: {numbers}{below}")
    return "; ".join(parts)


def _by_onnxruntime(path: Path, given: dict[str, torch.Tensor]) -> Any:
    """What ONNX Runtime says; nothing to compare with where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return ()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    named = {node.name: tensor.numpy() for node, tensor in zip(session.get_inputs(), given.values(), strict=True)}
    return tuple(torch.from_numpy(result) for result in session.run(None, named))
