"""Checkpoints: everything a run needs to go on as if nothing had happened, in one safetensors file.

Tensors are keyed ``n3.weight`` (model, by node id), ``optim/n3.weight/exp_avg`` and ``rng/cpu``; the header's
metadata holds step, learning rate, seed, versions and data hash as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from netlab.document.file import write_atomically
from netlab.engine.build import Built

LAST = "last.safetensors"
KEPT = 2


class CheckpointError(ValueError):
    """A checkpoint that is missing or does not fit, as a sentence with the remedy."""


def write(folder: Path, built: Built, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Write ``step-N`` and ``last``, each whole or not at all, and keep the two newest steps."""
    tensors = _tensors(built, optimizer)
    data = save(tensors, metadata={"netlab": json.dumps(state)})
    checkpoints = folder / "checkpoints"
    write_atomically(checkpoints / f"step-{state['step']}.safetensors", data)
    write_atomically(checkpoints / LAST, data)
    for old in _by_step(checkpoints)[:-KEPT]:
        old.unlink(missing_ok=True)


def load(folder: Path, built: Built, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Put weights, optimiser and generators back as they were; returns the state that was written with them.

    Raises:
        CheckpointError: there is none, or it belongs to another model.
    """
    tensors, state = _read(newest(folder))
    _set_weights(built, tensors)
    names = built.names()
    for name, parameter in built.model.named_parameters():
        prefix = f"optim/{names[name]}/"
        kept = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        if kept:
            device = parameter.device
            optimizer.state[parameter] = {k: v.to(device) for k, v in kept.items()}
    torch.set_rng_state(tensors["rng/cpu"])
    if torch.cuda.is_available() and "rng/cuda" in tensors:
        torch.cuda.set_rng_state(tensors["rng/cuda"])
    return state


def load_weights(built: Built, folder: Path) -> None:
    """Only the weights and buffers, for evaluation."""
    tensors, _ = _read(newest(folder))
    _set_weights(built, tensors)


def newest(folder: Path) -> Path:
    """The last checkpoint of a run."""
    checkpoints = folder / "checkpoints"
    path = checkpoints / LAST
    if path.exists():
        return path
    steps = _by_step(checkpoints)
    if not steps:
        raise CheckpointError(f"The run {folder.name} has no checkpoint yet. Train it for some steps first.")
    return steps[-1]


def _by_step(checkpoints: Path) -> list[Path]:
    return sorted(checkpoints.glob("step-*.safetensors"), key=lambda path: int(path.stem.partition("-")[2]))


def _tensors(built: Built, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    names = built.names()
    # clone: safetensors refuses tensors that share memory, and the CPU copy must not change while it is written
    found = {names[name]: tensor.detach().cpu().clone() for name, tensor in built.model.state_dict().items()}
    for name, parameter in built.model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, torch.Tensor):
                found[f"optim/{names[name]}/{key}"] = value.detach().cpu().clone()
    found["rng/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        found["rng/cuda"] = torch.cuda.get_rng_state()
    return found


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as opened:
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 - not a dict
            return tensors, json.loads((opened.metadata() or {}).get("netlab", "{}"))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"The checkpoint {path.name} cannot be read: {error}. Use an older one.") from error


def _set_weights(built: Built, tensors: dict[str, torch.Tensor]) -> None:
    wanted = built.names()
    missing = [stored for stored in wanted.values() if stored not in tensors]
    if missing:
        raise CheckpointError(f"The checkpoint is of another model: it lacks {missing[0]}.")
    try:
        built.model.load_state_dict({name: tensors[stored] for name, stored in wanted.items()})
    except RuntimeError as error:
        raise CheckpointError(f"The checkpoint is of another model: {error}") from error
