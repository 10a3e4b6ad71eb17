"""Weights that projects begin with: one file each in the user's NetLab folder, named after the SHA-256 of its bytes.

A project names its weights by this fingerprint alone, so that no path out of a project is ever opened, and so that
the same project always begins with the same numbers. The file is safetensors, keyed as checkpoints are: ``n3.weight``.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from msgspec import structs

from netlab.document.file import write_atomically
from netlab.document.home import part_of_home
from netlab.document.project import Project
from netlab.language import tr

FINGERPRINT = re.compile(r"[0-9a-f]{64}")
MAX_HEADER = 16 * 1024 * 1024
MAX_TENSORS = 100_000
BYTES = {
    **dict.fromkeys(("F64", "I64", "U64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2"), 1),
}
"""Bytes of one number, by the names that safetensors uses."""


class WeightsError(ValueError):
    """Weights that are not there or cannot be read, as a sentence with the remedy."""


@dataclass(frozen=True)
class Stored:
    """One tensor of a file: its type as safetensors names it, and its sizes."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Header:
    """What a safetensors file says of itself before any number is read."""

    tensors: dict[str, Stored]
    metadata: dict[str, str]


def folder() -> Path:
    """Where the weights are, made if need be."""
    return part_of_home("weights")


def keep(data: bytes) -> str:
    """Store weights; returns their fingerprint. The same bytes are stored once."""
    fingerprint = hashlib.sha256(data).hexdigest()
    path = folder() / f"{fingerprint}.safetensors"
    if not path.exists():
        write_atomically(path, data)
    return fingerprint


def find(fingerprint: str) -> Path:
    """The file of a fingerprint, its bytes compared with it.

    Raises:
        WeightsError: it is not on this computer, or was changed.
    """
    path = folder() / f"{fingerprint}.safetensors"
    if not FINGERPRINT.fullmatch(fingerprint) or not path.is_file():
        raise WeightsError(
            tr(
                "The weights that this project begins with ({fingerprint}…) are not on this computer. Import them "
                "again, or clear “Start from” in the training settings to begin with fresh ones.",
                fingerprint=fingerprint[:12],
            )
        )
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != fingerprint:
            raise WeightsError(
                tr(
                    "The stored weights {path} were changed or damaged. Delete the file and import them again.",
                    path=path,
                )
            )
    return path


def bearing(project: Project) -> Any:
    """What decides where weights go in a project: its graph, but for where nodes lie, its data, and what it begins with."""
    nodes = {id: structs.replace(node, x=0.0, y=0.0) for id, node in project.graph.nodes.items()}
    return nodes, project.graph.edges, project.data, project.training.get("start", "")


def header(path: Path) -> Header:
    """The header of a safetensors file, checked before anything else of the file is touched.

    Raises:
        WeightsError: it is no such file, or claims what cannot be: sizes beyond the file, overlaps, gaps.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or length > min(MAX_HEADER, size - 8):
                raise _refused(path, tr("its header is longer than the file, or than 16 MB"))
            text = stream.read(length)
    except OSError as error:
        raise WeightsError(tr("{path} cannot be read: {reason}.", path=path, reason=error.strerror)) from error
    try:
        told = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _refused(path, tr("its header is no JSON ({error})", error=error)) from error
    if not isinstance(told, dict):
        raise _refused(path, tr("its header is no JSON object"))
    metadata = told.pop("__metadata__", {})
    if not isinstance(metadata, dict) or len(told) > MAX_TENSORS:
        raise _refused(path, tr("it holds more than {count} tensors, or metadata that are none", count=MAX_TENSORS))
    return Header(_tensors(path, told, size - 8 - length), {str(k): str(v) for k, v in metadata.items()})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(tr("a name stands there twice"))
    return found


def _tensors(path: Path, told: dict[str, Any], room: int) -> dict[str, Stored]:
    """The tensors, if they fill the rest of the file one behind the other."""
    found: dict[str, Stored] = {}
    spans: list[tuple[int, int]] = []
    for name, entry in told.items():
        try:
            dtype, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
            sound = all(type(n) is int and n >= 0 for n in (*shape, start, end))
            if not sound or end - start != prod(shape) * BYTES[dtype]:
                raise ValueError
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(
                path, tr("its tensor {name!r} has no sensible type, sizes or place", name=name[:80])
            ) from error
        found[name] = Stored(dtype, shape)
        spans.append((start, end))
    at = 0
    for start, end in sorted(spans):
        if start != at:
            raise _refused(path, tr("its tensors overlap or leave gaps"))
        at = end
    if at != room:
        raise _refused(path, tr("its tensors do not fill it"))
    return found


def _refused(path: Path, why: str) -> WeightsError:
    return WeightsError(
        tr("{name} is no sound safetensors file: {why}. Save the weights again.", name=path.name, why=why)
    )
