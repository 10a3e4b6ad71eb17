"""Models leave NetLab: as Python, ONNX, a torch.export program, or weights alone."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

from netlab.compiler.problem import label_among
from netlab.compiler.standalone import standalone
from netlab.data.dataset import Dataset, source_of
from netlab.document import file
from netlab.document.file import write_atomically
from netlab.engine import checkpoint, start
from netlab.engine.build import Built, build, seed_everything
from netlab.engine.training_script import draws_module, training_script
from netlab.language import sentences, tr
from netlab.runs.store import find_run

FORMATS = ("python", "onnx", "pt2", "safetensors")


class ExportError(ValueError):
    """A model that cannot be exported this way, as a sentence with the remedy."""


class Inference(nn.Module):
    """The model as others use it: inputs in the order of the fields, predictions out, no losses."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.model(*inputs)


def export(what: Path, to: str, out: Path) -> str:
    """Write the model of a run (with its last weights) or of a project (freshly initialised); says what it wrote.

    Raises:
        ExportError: a layer has no form there.
        CompileError, CheckpointError, FileError, RunError: the model cannot be made or written.
    """
    built = _model_of(what)
    built.model.eval()
    match to:
        case "python":
            return _to_python(built, out)
        case "onnx":
            return _to_onnx(built, out)
        case "pt2":
            return _to_pt2(built, out)
        case "safetensors":
            return _to_safetensors(built, out)
        case _:
            raise ExportError(
                tr("There is no format {format!r}; there are: {known}.", format=to, known=", ".join(FORMATS))
            )


def _model_of(what: Path) -> Built:
    if what.is_file():
        project = file.load(what)
        seed_everything(int(project.training.get("seed", 0)))
        built = build(project)
        start.begin(built)
        return built
    return checkpoint.trained(find_run(what))


def _to_python(built: Built, out: Path) -> str:
    """One file; or, where `out` has no ending, a folder with the model, a training script and the data."""
    project = built.project
    text = standalone(project, built.inferred).encode()
    if out.suffix:
        write_atomically(out, text)
        return tr("Wrote {out}: the model in one file that needs only torch.", out=out)
    out.mkdir(parents=True, exist_ok=True)
    dataset = source_of(project.data.source, project.data.options).load()
    files = {
        "model.py": text,
        "train.py": training_script(built, dataset.draws).encode(),
        "data.npz": _data(dataset, built),
    }
    if dataset.draws:
        files["draws.py"] = draws_module(dataset.draws).encode()
    if project.training.get("start"):
        fresh = build(project)
        start.begin(fresh)
        files["start.npz"] = _arrays({name: tensor.numpy() for name, tensor in fresh.model.state_dict().items()})
    for name, content in files.items():
        write_atomically(out / name, content)
    *most, last = files
    return tr(
        "Wrote {out}: {files} and {last}. Run it there with: python train.py", out=out, files=", ".join(most), last=last
    )


def _data(dataset: Dataset, built: Built) -> bytes:
    fields = (*built.source.inputs, *built.source.targets)
    columns = {built.source.parameters[name]: np.asarray(dataset.columns[name]) for name in fields}
    return _arrays(columns | {f"split_{name}": rows for name, rows in dataset.splits.items()})


def _arrays(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def example_inputs(built: Built, batch: int = 2) -> tuple[torch.Tensor, ...]:
    """Random inputs of the right shapes and types."""
    found = []
    for name in built.source.inputs:
        field = built.inferred.fields[name]
        if field.dtype == "int":
            found.append(torch.randint(0, field.classes or 2, (batch, *field.sizes)))
        else:
            found.append(torch.randn(batch, *field.sizes))
    return tuple(found)


def _program(built: Built) -> torch.export.ExportedProgram:
    """The model traced by torch.export, with an open batch axis."""
    names = built.source.inputs
    batch = torch.export.Dim("batch", min=1, max=1 << 20)
    shapes = {"inputs": tuple({0: batch} for _ in names)}
    with _quietly():
        return torch.export.export(Inference(built.model), example_inputs(built, 3), dynamic_shapes=shapes)


def _to_pt2(built: Built, out: Path) -> str:
    buffer = io.BytesIO()
    try:
        program = _program(built)
        with _quietly():
            torch.export.save(program, buffer)
    except Exception as error:  # whatever the tracer stumbles over
        raise _refused(built, "torch.export", error) from error
    write_atomically(out, buffer.getvalue())
    return tr("Wrote {out}. Load it with torch.export.load({name!r}).module().", out=out, name=out.name)


def _to_onnx(built: Built, out: Path) -> str:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ExportError(
            tr("ONNX needs the package {name}. Install it with: pip install netlab[export]", name=error.name)
        ) from error
    unable = [n for n, layer in built.inferred.layers.items() if layer.no_onnx]
    if unable:
        node = built.project.graph.nodes[unable[0]]
        raise ExportError(
            sentences(
                tr("{node} has no form in ONNX.", node=label_among(built.project.graph, node.id)),
                tr(built.inferred.layers[node.id].no_onnx),
            )
        )
    outputs = [f"output_{i}" if i else "output" for i in range(len(built.source.outputs))]
    buffer = io.BytesIO()
    batch = torch.export.Dim("batch", min=1, max=1 << 20)
    try:
        with _quietly():
            program = torch.onnx.export(
                Inference(built.model),
                example_inputs(built, 3),
                dynamo=True,
                verbose=False,
                input_names=list(built.source.inputs),
                output_names=outputs,
                dynamic_shapes={"inputs": tuple({0: batch} for _ in built.source.inputs)},
            )
        assert program is not None
        buffer.write(program.model_proto.SerializeToString())
    except Exception as error:  # whatever the tracer or the converter stumbles over
        raise _refused(built, "ONNX", error) from error
    write_atomically(out, buffer.getvalue())
    told = tr(
        "Wrote {out}: inputs {inputs}; outputs {outputs}; any batch size.",
        out=out,
        inputs=", ".join(built.source.inputs),
        outputs=", ".join(outputs),
    )
    difference = onnx_difference(built, out)
    if difference is None:
        return told
    return sentences(told, tr("Checked by onnxruntime: equal to within {difference:.1e}.", difference=difference))


def onnx_difference(built: Built, path: Path, batch: int = 4) -> float | None:
    """The largest difference between what ONNX Runtime and torch say to random inputs; None without onnxruntime."""
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    inputs = example_inputs(built, batch)
    given = {node.name: tensor.numpy() for node, tensor in zip(session.get_inputs(), inputs, strict=True)}
    with torch.no_grad():
        wanted = Inference(built.model)(*inputs)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    pairs = zip(session.run(None, given), wanted, strict=True)
    return max(float(np.abs(np.asarray(a) - b.numpy()).max()) for a, b in pairs)


def _to_safetensors(built: Built, out: Path) -> str:
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in built.model.state_dict().items()}
    about = {"format": "pt", "title": built.project.title, "names": json.dumps(built.names())}
    write_atomically(out, save(tensors, metadata=about))
    return tr("Wrote {out}: {count} tensors.", out=out, count=len(tensors))


def _refused(built: Built, what: str, error: Exception) -> ExportError:
    first = str(error).strip().split("\n")[0][:300] or type(error).__name__
    return ExportError(
        tr("{title!r} cannot be exported to {format}: {reason}", title=built.project.title, format=what, reason=first)
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the chatter of tracers."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
