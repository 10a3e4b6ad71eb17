"""Checkpoints: everything a run needs to go on as if nothing had happened, in one safetensors file.

Tensors are keyed ``n3.weight`` (model, by node id), ``optim/n3.weight/exp_avg`` and ``rng/cpu``; the header's
metadata holds step, epoch, position, learning rate, seed, versions, data hash and Python's own generator as JSON.
"""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from netlab.document import file
from netlab.document.file import write_atomically
from netlab.engine.build import Built, build
from netlab.runs.store import PROJECT

LAST = "last.safetensors"
KEPT = 2
logger = logging.getLogger(__name__)


class CheckpointError(ValueError):
    """A checkpoint that is missing or does not fit, as a sentence with the remedy."""


def write(folder: Path, built: Built, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Write ``step-N`` and ``last``, each whole or not at all, and keep the two newest steps."""
    tensors = _tensors(built, optimizer)
    data = save(tensors, metadata={"netlab": json.dumps(state | _python_generators())})
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
    tensors, state = _newest(folder)
    _set_weights(built, tensors)
    names = built.names()
    for name, parameter in built.model.named_parameters():
        prefix = f"optim/{names[name]}/"
        kept = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        if kept:
            optimizer.state[parameter] = {
                k: _like(v, parameter, _home(optimizer, parameter, k)) for k, v in kept.items()
            }
    _set_python_generators(state)
    torch.set_rng_state(tensors["rng/cpu"])
    if torch.cuda.is_available() and "rng/cuda" in tensors:
        torch.cuda.set_rng_state(tensors["rng/cuda"])
    return state


def load_weights(built: Built, folder: Path) -> None:
    """Only the weights and buffers, for evaluation."""
    tensors, _ = _newest(folder)
    _set_weights(built, tensors)


def trained(folder: Path) -> Built:
    """The model of a run, on the CPU, with its last weights.

    Raises:
        CheckpointError: the run has no checkpoint yet.
    """
    built = build(file.load(folder / PROJECT))
    load_weights(built, folder)
    return built


def newest(folder: Path) -> Path:
    """The last checkpoint of a run; `CheckpointError` if there is none."""
    return _candidates(folder)[0]


def _candidates(folder: Path) -> list[Path]:
    """All checkpoints, the one to take first."""
    checkpoints = folder / "checkpoints"
    found = [path for path in (checkpoints / LAST, *reversed(_by_step(checkpoints))) if path.exists()]
    if not found:
        raise CheckpointError(f"The run {folder.name} has no checkpoint yet. Train it for some steps first.")
    return found


def _newest(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The newest checkpoint that can be read: a damaged one costs some steps, not the run."""
    first: CheckpointError | None = None
    for path in _candidates(folder):
        try:
            return _read(path)
        except CheckpointError as error:
            logger.warning("%s", error)
            first = first or error
    assert first is not None, "there is at least one candidate"
    raise first


def _like(value: torch.Tensor, parameter: torch.Tensor, home: torch.device) -> torch.Tensor:
    """A tensor of the optimizer where it belongs, laid out in memory as its weight is."""
    if value.shape != parameter.shape:
        return value.to(home)
    return torch.empty_like(parameter, dtype=value.dtype, device=home).copy_(value)


def _home(optimizer: torch.optim.Optimizer, parameter: torch.Tensor, key: str) -> torch.device:
    """Where an optimizer keeps a tensor: with its weight, but the step count of an unfused one on the CPU."""
    fused = optimizer.param_groups[0].get("fused")
    return torch.device("cpu") if key == "step" and not fused else parameter.device


def _python_generators() -> dict[str, Any]:
    kind, keys, *rest = np.random.get_state()
    return {"python_random": random.getstate(), "numpy_random": [kind, np.asarray(keys).tolist(), *rest]}


def _set_python_generators(state: dict[str, Any]) -> None:
    if "python_random" in state:
        version, words, gauss = state["python_random"]
        random.setstate((version, tuple(words), gauss))
    if "numpy_random" in state:
        kind, keys, *rest = state["numpy_random"]
        np.random.set_state((kind, np.array(keys, np.uint32), *rest))


def _by_step(checkpoints: Path) -> list[Path]:
    return sorted(checkpoints.glob("step-*.safetensors"), key=lambda path: int(path.stem.partition("-")[2]))


def _tensors(built: Built, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    names = built.names()
    # clone: safetensors refuses tensors that share memory, and the CPU copy must not change while it is written
    found = {names[name]: _plain(tensor) for name, tensor in built.model.state_dict().items()}
    for name, parameter in built.model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, torch.Tensor):
                found[f"optim/{names[name]}/{key}"] = _plain(value)
    found["rng/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        found["rng/cuda"] = torch.cuda.get_rng_state()
    return found


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """A copy on the CPU, in the order in which files hold numbers."""
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as opened:
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 - not a dict
            return tensors, json.loads((opened.metadata() or {}).get("netlab", "{}"))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"The checkpoint {path.name} cannot be read: {error}. An older one is used if there is one."
        ) from error


def _set_weights(built: Built, tensors: dict[str, torch.Tensor]) -> None:
    wanted = built.names()
    missing = [stored for stored in wanted.values() if stored not in tensors]
    if missing:
        raise CheckpointError(f"The checkpoint is of another model: it lacks {missing[0]}.")
    try:
        built.model.load_state_dict({name: tensors[stored] for name, stored in wanted.items()})
    except RuntimeError as error:
        raise CheckpointError(f"The checkpoint is of another model: {error}") from error
