"""Weights from a file or a run onto the nodes of a project, which then begins with them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from msgspec import structs
from safetensors import safe_open
from safetensors.torch import load_file

from netlab.document import file, weights
from netlab.document.edits import set_training
from netlab.document.project import Project
from netlab.engine import checkpoint, start
from netlab.engine.build import draft
from netlab.engine.importing.door import torch_weights
from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.matching import TURNED, match
from netlab.language import tr
from netlab.protocol.arrivals import Line
from netlab.runs.store import PROJECT

OF_A_RUN = ("optim/", "rng/")
"""Beginnings of names in a checkpoint that are no weights."""


def import_weights(source: Path, project: Project) -> tuple[Project, list[Line]]:
    """The project that begins with the weights of a ``.safetensors`` or ``.pt`` file or of a run, and what went where.

    Raises:
        ImportFault: the file is refused, or nothing of it fits.
        WeightsError, CheckpointError, CompileError: the file or the run is damaged, or the project has no model.
    """
    built = draft(project)
    names = built.names()
    given = _read(source)
    state = built.model.state_dict()
    wanted = {name: tuple(tensor.shape) for name, tensor in state.items()}
    given = _as_ours(given, wanted)
    rows = match(wanted, {name: tuple(tensor.shape) for name, tensor in given.items()})
    taken = {row.tensor: given[row.source] for row in rows if row.how}
    if not taken:
        raise ImportFault(
            tr(
                "Nothing in {name} fits this project: neither a name nor a shape agrees. Import the model it was "
                "made for, or give the nodes its sizes.",
                name=source.name,
            )
        )
    turned = {row.tensor for row in rows if row.how == TURNED}
    kept = _kept(project) | {names[n]: t.t() if n in turned else t for n, t in taken.items()}
    fitting = {names[n]: tuple(t.shape) for n, t in state.items()}
    kept = {name: tensor for name, tensor in kept.items() if fitting.get(name) == tuple(tensor.shape)}
    holders = built.holders()
    rows = [structs.replace(row, node=holders.get(row.tensor, "")) for row in rows]
    return set_training(project, "start", start.keep(kept, source.name)), rows


def _kept(project: Project) -> dict[str, torch.Tensor]:
    """What the project begins with so far; new weights go over it."""
    fingerprint = project.training.get("start", "")
    return load_file(weights.find(fingerprint)) if fingerprint else {}


def _read(source: Path) -> dict[str, torch.Tensor]:
    if source.is_dir():
        return _of_run(source)
    if not source.is_file():
        raise ImportFault(
            tr(
                "There is no file or run {source}. Name a .safetensors or .pt file, or the folder of a run.",
                source=source,
            )
        )
    with ExitStack() as stack:
        path = source
        if source.suffix.lower() != ".safetensors":
            path = torch_weights(source, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        header = weights.header(path)
        opened: Any = stack.enter_context(safe_open(path, framework="pt"))
        found = {name: opened.get_tensor(name) for name in header.tensors if not name.startswith(OF_A_RUN)}
    return {
        name: t.float() if t.dtype in (torch.float16, torch.bfloat16, torch.float64) else t for name, t in found.items()
    }


def _of_run(folder: Path) -> dict[str, torch.Tensor]:
    """The newest weights of a run, under the names that its own model gives them."""
    path = checkpoint.newest(folder)
    weights.header(path)
    tensors = load_file(path)
    names = draft(file.load(folder / PROJECT)).names()
    return {name: tensors[stored] for name, stored in names.items() if stored in tensors}


def _as_ours(given: Mapping[str, torch.Tensor], wanted: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The three projections that torch's attention keeps in one tensor, one by one, if the model wants them so."""
    apart = any(name.endswith("q_proj.weight") for name in wanted)
    found: dict[str, torch.Tensor] = {}
    for name, tensor in given.items():
        module, _, last = name.rpartition(".")
        if apart and last in ("in_proj_weight", "in_proj_bias"):
            for letter, part in zip("qkv", tensor.chunk(3), strict=True):
                found[f"{module}.{letter}_proj.{last.removeprefix('in_proj_')}"] = part
        else:
            found[name] = tensor
    return found
