"""Shows one sample at every node: a process that reads questions from standard input and answers on standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from netlab.compiler.source import CompileError
from netlab.data.dataset import Dataset, source_of
from netlab.document import file
from netlab.document.project import DataChoice, Project
from netlab.engine import checkpoint
from netlab.engine.build import Built, build, seed_everything
from netlab.engine.lines import after_each_line
from netlab.language import tr
from netlab.probes.probe import array
from netlab.protocol.preview import Ask, Shown, decode_ask, encode

MAPS, SIDE, LONG = 6, 28, 96  # at most so many maps, pixels of a side, numbers in a row
Values = dict[str, np.ndarray]


def main() -> int:
    """Answer until standard input closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    torch.set_num_threads(1)  # a training run has the others
    viewer = Previewer()
    for line in sys.stdin.buffer:
        answer(viewer, decode_ask(line), answers)
    return 0


def answer(viewer: Previewer, ask: Ask, out: BinaryIO) -> None:
    """Write the answer to one question; what goes wrong is said in it."""
    try:
        shown = viewer.show(ask)
    except CompileError as error:
        shown = Shown(ask.number, problem=str(error))
    except Exception as error:  # whatever it is, the window has to be told
        shown = Shown(ask.number, problem=tr("No preview: {error}", error=error))
    out.write(encode(shown))
    out.flush()


class Previewer:
    """Keeps the data and the last model, so that another sample of the same model costs only a forward pass."""

    def __init__(self) -> None:
        self._data: tuple[DataChoice, Dataset] | None = None
        self._model: tuple[object, Built] | None = None

    def show(self, ask: Ask) -> Shown:
        """What every node makes of a row of the validation data."""
        built = self._built(ask)
        dataset = self._dataset(built.project)
        rows = dataset.splits["val"] if len(dataset.splits["val"]) else dataset.splits["train"]
        row = int(rows[ask.row % len(rows)])
        sample = {f.name: torch.from_numpy(np.array(dataset.columns[f.name][row : row + 1])) for f in dataset.fields}
        values = {node: array(small(value), "<f2") for node, value in _values(built, sample).items()}
        return Shown(ask.number, values, len(rows), _caption(dataset, row))

    def _built(self, ask: Ask) -> Built:
        newest = checkpoint.newest(Path(ask.run)).stat().st_mtime_ns if ask.run else 0
        key = (ask.project, ask.run, newest)
        if self._model is None or self._model[0] != key:
            if ask.run:
                built = checkpoint.trained(Path(ask.run))
            else:
                project = file.parse(ask.project)
                seed_everything(int(project.training.get("seed", 0)))
                built = build(project)
            built.model.eval()
            self._model = (key, built)
        return self._model[1]

    def _dataset(self, project: Project) -> Dataset:
        if self._data is None or self._data[0] != project.data:
            self._data = (project.data, source_of(project.data.source, project.data.options).load())
        return self._data[1]


def _values(built: Built, sample: dict[str, torch.Tensor]) -> Values:
    """The first output of every node for a batch of one, without the batch axis."""
    text = built.source.text.splitlines()
    found: dict[str, torch.Tensor] = {}

    def look(node: str, line: int, variables: dict[str, Any]) -> None:
        name = text[line - 1].strip().partition(" = ")[0].partition(",")[0].strip("() ")
        value = variables.get(name)
        if isinstance(value, torch.Tensor):
            found.setdefault(node, value.detach())

    for node, layer in built.inferred.layers.items():
        field = str(layer.values.get("field", "")) if layer.role == "input" else ""
        if field in sample:
            found[node] = sample[field]
    with torch.no_grad():
        after_each_line(built, lambda: built.model(**built.source.arguments(sample)), look)
    return {node: value[0].float().numpy() if value.dim() else value.float().numpy() for node, value in found.items()}


def small(values: np.ndarray) -> np.ndarray:
    """Few numbers for a picture: maps (count, height, width) of an image or a matrix, or a row (length,)."""
    values = np.nan_to_num(values.astype(np.float32)).clip(-6e4, 6e4)
    if values.ndim <= 1:
        return _thinned(values.reshape(-1), 0, LONG)
    maps = values.reshape(-1, *values.shape[-2:])[:MAPS]
    if len(maps) > 1 or max(maps.shape[-2:]) <= SIDE:
        return _thinned(_thinned(maps, 1, SIDE), 2, SIDE)
    return _thinned(_thinned(maps, 1, SIDE), 2, LONG)


def _thinned(values: np.ndarray, axis: int, most: int) -> np.ndarray:
    """At most so many places along an axis, evenly apart."""
    size = values.shape[axis]
    return values if size <= most else values.take(np.linspace(0, size - 1, most).round().astype(int), axis)


def _caption(dataset: Dataset, row: int) -> str:
    label = next((f for f in dataset.fields if f.kind == "label" and f.name in dataset.columns), None)
    if label is None or dataset.columns[label.name][row].ndim:
        return ""
    index = int(dataset.columns[label.name][row])
    return label.names[index] if index < len(label.names) else str(index)
