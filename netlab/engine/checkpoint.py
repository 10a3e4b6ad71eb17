"""Checkpoints: everything a run needs to go on as if nothing had happened, in one safetensors file.

Tensors are keyed ``n3.weight`` (model, by node id), ``average/n3.weight`` (running mean of the weights),
``optim/n3.weight/exp_avg`` and ``rng/cpu``; the header's metadata holds step, epoch, position, learning rate, seed,
versions, data hash, what of the optimizer is no tensor, and Python's own generator as JSON.
"""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn
from torch.optim.swa_utils import AveragedModel

from netlab.document import file
from netlab.document.file import write_atomically
from netlab.engine.build import Built, build
from netlab.engine.device import generators, set_generators
from netlab.engine.optim import Optimizer, parts_of
from netlab.engine.sharding import is_share, shared_as, whole
from netlab.language import tr
from netlab.runs.store import CHECKPOINTS, PROJECT, checkpoints

LAST, BEST = "last", "best"
KEPT = 2
AVERAGE = "average/"
logger = logging.getLogger(__name__)


class CheckpointError(ValueError):
    """A checkpoint that is missing or does not fit, as a sentence with the remedy."""


class Snapshot(NamedTuple):
    """A moment of a run, apart from the run itself: copies of its tensors, and its plain state."""

    tensors: dict[str, torch.Tensor]
    state: dict[str, Any]


def snapshot(
    built: Built, optimizer: Optimizer, state: dict[str, Any], average: AveragedModel | None = None
) -> Snapshot:
    """The present moment; `state` is what the caller needs to know again. Of a model that is shared out, the leader's."""
    names = built.names()
    # clone: safetensors refuses tensors that share memory, and the CPU copy must not change while it is written
    found = {names[name]: _plain(tensor) for name, tensor in built.model.state_dict().items()}
    if average is not None:
        found |= {AVERAGE + names[name]: _plain(tensor) for name, tensor in average.module.state_dict().items()}
        found[AVERAGE] = _plain(average.n_averaged)
    rest: dict[str, Any] = {}
    for name, parameter in built.model.named_parameters():
        for key, value in _state_of(optimizer, parameter).items():
            rest[f"optim/{names[name]}/{key}"] = _put(found, f"optim/{names[name]}/{key}", value)
    found |= {f"rng/{kind}": state for kind, state in generators().items()}
    kept = {key: value for key, value in rest.items() if value is not TENSOR}
    return Snapshot(found, state | {"optimizer_state": kept} | _python_generators())


def keep(folder: Path, moment: Snapshot, *names: str) -> None:
    """Write a moment under these names, each whole or not at all, and keep the two newest steps."""
    data = save(moment.tensors, metadata={"netlab": json.dumps(moment.state)})
    for name in names:
        write_atomically(folder / CHECKPOINTS / f"{name}.safetensors", data)
    for old in checkpoints(folder, "step")[:-KEPT]:
        old.unlink(missing_ok=True)


def load(
    folder: Path, built: Built, optimizer: Optimizer, average: AveragedModel | None = None, rank: int = 0
) -> dict[str, Any]:
    """Put weights, optimiser and generators back as they were; returns the state that was written with them.

    `rank` is the number of this process among those that train together, each of which has generators of its own.

    Raises:
        CheckpointError: there is none, or it belongs to another model.
    """
    tensors, state = _newest(folder)
    _set_weights(built, built.model, tensors)
    if average is not None and AVERAGE in tensors:
        _set_weights(built, average.module, tensors, AVERAGE)
        average.n_averaged.copy_(tensors[AVERAGE])
    _set_optimizer(built, optimizer, tensors, state.get("optimizer_state", {}))
    _set_python_generators(state)
    kinds = {name.split("/")[1] for name in tensors if name.startswith("rng/")}
    set_generators({kind: tensors.get(f"rng/{kind}/{rank}", tensors[f"rng/{kind}"]) for kind in kinds})
    return state


def load_weights(built: Built, folder: Path) -> None:
    """Only the weights and buffers, for use: the running mean of the weights where there is one."""
    tensors, _ = _newest(folder)
    _set_weights(built, built.model, tensors, AVERAGE if AVERAGE in tensors else "")


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


def state_of(path: Path) -> dict[str, Any]:
    """The plain state in a checkpoint, without its tensors."""
    return _read(path, tensors=False)[1]


def _candidates(folder: Path) -> list[Path]:
    """All checkpoints, the one to take first."""
    last = folder / CHECKPOINTS / f"{LAST}.safetensors"
    found = [path for path in (last, *reversed(checkpoints(folder, "step"))) if path.exists()]
    if not found:
        raise CheckpointError(
            tr("The run {name} has no checkpoint yet. Train it for some steps first.", name=folder.name)
        )
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


TENSOR = "tensor"


def _put(tensors: dict[str, torch.Tensor], key: str, value: Any) -> Any:
    """Put the tensors in a value of an optimizer's state beside the others; returns what is left of it."""
    if isinstance(value, torch.Tensor):
        tensors[key] = _plain(value)
        return TENSOR
    if isinstance(value, list):
        return [_put(tensors, f"{key}/{i}", item) for i, item in enumerate(value)]
    return value


def _taken(tensors: dict[str, torch.Tensor], key: str, value: Any, home: torch.device) -> Any:
    """The reverse of `_put`, for what is no tensor by itself.

    Tensors are copied, since the last bit of a dot product depends on where in memory a vector begins.
    """
    if value == TENSOR:
        return tensors[key].to(home, copy=True)
    if isinstance(value, list):
        return [_taken(tensors, f"{key}/{i}", item, home) for i, item in enumerate(value)]
    return value


def _state_of(optimizer: Optimizer, parameter: nn.Parameter) -> dict[str, Any]:
    return next((part.state[parameter] for part in parts_of(optimizer) if parameter in part.state), {})


def _set_optimizer(built: Built, optimizer: Optimizer, tensors: dict[str, torch.Tensor], rest: dict[str, Any]) -> None:
    names = built.names()
    for name, parameter in built.model.named_parameters():
        prefix = f"optim/{names[name]}/"
        part = next(
            (p for p in parts_of(optimizer) if any(parameter is q for g in p.param_groups for q in g["params"])), None
        )
        if part is None:
            continue
        kept = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix) and "/" not in k[len(prefix) :]}
        found: dict[str, Any] = {k: _like(v, parameter, _home(part, parameter, k)) for k, v in kept.items()}
        found |= {
            k[len(prefix) :]: _taken(tensors, k, v, parameter.device) for k, v in rest.items() if k.startswith(prefix)
        }
        if found:
            part.state[parameter] = found


def _like(value: torch.Tensor, parameter: torch.Tensor, home: torch.device) -> torch.Tensor:
    """A tensor of the optimizer where it belongs, laid out in memory as its weight is."""
    if value.shape != parameter.shape:
        return value.to(home, copy=True)
    if is_share(parameter):
        return shared_as(value, parameter).clone()  # the rows of the others are let go
    return torch.empty_like(parameter, dtype=value.dtype, device=home).copy_(value)


def _home(optimizer: torch.optim.Optimizer, parameter: torch.Tensor, key: str) -> torch.device:
    """Where an optimizer keeps a tensor: with its weight, but counts of steps of an unfused one on the CPU."""
    fused = optimizer.param_groups[0].get("fused")
    return torch.device("cpu") if key in ("step", "mu_product") and not fused else parameter.device


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


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """A copy on the CPU, in the order in which files hold numbers; of a tensor that is shared out the leader's is whole."""
    return whole(tensor).detach().cpu().clone(memory_format=torch.contiguous_format)


def _read(path: Path, tensors: bool = True) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as opened:
            names = opened.keys() if tensors else ()
            found = {key: opened.get_tensor(key) for key in names}
            return found, json.loads((opened.metadata() or {}).get("netlab", "{}"))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            tr(
                "The checkpoint {name} cannot be read: {error}. An older one is used if there is one.",
                name=path.name,
                error=error,
            )
        ) from error


def _set_weights(built: Built, model: nn.Module, tensors: dict[str, torch.Tensor], start: str = "") -> None:
    wanted = built.names()
    missing = [stored for stored in wanted.values() if start + stored not in tensors]
    if missing:
        raise CheckpointError(tr("The checkpoint is of another model: it lacks {name}.", name=missing[0]))
    state = model.state_dict()
    for name, stored in wanted.items():
        then, now = tensors[start + stored].shape, state[name].shape
        if then != now:
            told = tr(
                "The checkpoint is of another model: its {name} is {then}, that of the project is {now}. Take the change "
                "of the project back, or start a new run.",
                name=name,
                then=" × ".join(map(str, then)),
                now=" × ".join(map(str, now)),
            )
            raise CheckpointError(told)
    try:
        model.load_state_dict({n: shared_as(tensors[start + stored], state[n]) for n, stored in wanted.items()})
    except RuntimeError as error:
        raise CheckpointError(tr("The checkpoint is of another model: {error}", error=error)) from error
