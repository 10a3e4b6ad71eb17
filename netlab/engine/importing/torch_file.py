"""Weights in torch's own files, read as data only."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import torch

from netlab.engine.importing.faults import ImportFault
from netlab.language import sentences, tr

INSIDE = ("state_dict", "model_state_dict", "model", "module", "params")
"""Where training scripts put the weights among other things."""


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file by name, read with ``weights_only=True``.

    Raises:
        ImportFault: it holds code, or no tensors.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any("/code/" in name for name in archive.namelist()):
                raise ImportFault(
                    tr(
                        "{name} is TorchScript, a program and not only weights, and would run when it is opened. "
                        "Save model.state_dict() as safetensors and import that.",
                        name=path.name,
                    )
                )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling fails in many ways
        asked = re.search(r"GLOBAL:? (\S+)", str(error))  # the rest of torch's advice is to open it all the same
        if asked:
            why = tr(
                "{name} asks for {asked}, and opening that could run code, so it was left alone.",
                name=path.name,
                asked=asked[1],
            )
        else:
            why = tr(
                "{name} is damaged, or holds more than tensors, and opening that could run code, so it was left alone.",
                name=path.name,
            )
        remedy = tr("Where it was made, write safetensors.torch.save_file(model.state_dict(), ...) and import that.")
        raise ImportFault(sentences(why, remedy)) from error
    found = _found(content)
    if not found:
        raise ImportFault(
            tr("{name} holds no weights by name. Save model.state_dict() and import that.", name=path.name)
        )
    return found


def _found(content: Any) -> dict[str, torch.Tensor]:
    if not isinstance(content, dict):
        return {}
    tensors = {str(k): v for k, v in content.items() if isinstance(v, torch.Tensor)}
    if tensors:
        return tensors
    return next((found for key in INSIDE if (found := _found(content.get(key)))), {})
