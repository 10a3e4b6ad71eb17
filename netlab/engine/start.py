"""The numbers that a model begins with: imported weights, or those of another run."""

from __future__ import annotations

import json

import torch
from safetensors.torch import load_file, save

from netlab.document import weights
from netlab.engine.build import Built
from netlab.language import tr


def keep(tensors: dict[str, torch.Tensor], origin: str) -> str:
    """Store tensors, keyed as checkpoints are, for projects to begin with; returns their fingerprint."""
    plain = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()
    }
    return weights.keep(save(plain, metadata={"netlab": json.dumps({"origin": origin})}))


def begin(built: Built) -> list[str]:
    """Put the weights that the project names into a model just made; sentences about those that do not fit.

    Raises:
        WeightsError: they are not on this computer.
    """
    fingerprint = built.project.training.get("start", "")
    return fill(built, load_file(weights.find(fingerprint))) if fingerprint else []


def fill(built: Built, tensors: dict[str, torch.Tensor]) -> list[str]:
    """Put tensors into the places of their names; what does not fit stays as it is, and is told."""
    told: list[str] = []
    state = built.model.state_dict()
    for name, stored in built.names().items():
        given = tensors.get(stored)
        if given is not None and given.shape == state[name].shape:
            state[name].copy_(given)
            continue
        if given is None:
            told.append(tr("{name} is new, so it begins with fresh numbers.", name=name))
            continue
        sizes = {"before": _sizes(given), "now": _sizes(state[name])}
        told.append(tr("{name} was {before} and is now {now}, so it begins with fresh numbers.", name=name, **sizes))
    return told


def _sizes(tensor: torch.Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or tr("one number")
