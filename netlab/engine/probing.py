"""Runs the probes: one sample, outside the training step, with all generators left as they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from netlab.data.dataset import Dataset
from netlab.engine.build import Built, output_nodes
from netlab.engine.lines import Look, after_each_line, first_assigned
from netlab.engine.loader import Loader
from netlab.probes.probe import ATTENTION, OUTPUT, SURFACE, WEIGHTS, Probe, Seen, catalogue
from netlab.protocol.summaries import encode

GRID = 64
SHOWN_POINTS = 600
Record = Callable[[int, str, str, bytes], None]
Watched = tuple[str, str, Probe]  # key of the probe, and id of the node it looks at


class Prober:
    """Looks at the chosen nodes every so often and records what the probes say."""

    def __init__(self, built: Built, loader: Loader, dataset: Dataset, record: Record) -> None:
        self.built = self.seen = built
        self.loader, self.dataset, self.record = loader, dataset, record
        self.options = {(choice.probe, choice.node): choice.options for choice in built.project.probes.values()}
        self.probes: list[Watched] = []
        self._next: dict[tuple[str, str], float] = {}

    def watch(self, choices: list[tuple[str, str]]) -> None:
        """Look at these pairs of probe key and node id from now on; what does not fit is left out."""
        known = catalogue()
        nodes = self.built.project.graph.nodes
        fitting = [
            (key, node, known[key](**self.options.get((key, node), {})))
            for key, node in choices
            if key in known and node in nodes and known[key].can_watch(nodes[node].type, self._has_weights(node))
        ]
        self.probes = fitting
        self._next = {(key, node): self._next.get((key, node), 0.0) for key, node, _ in fitting}

    def _generators(self) -> list[int]:
        """Indices of the GPUs whose generators have to be left as they are."""
        return [torch.cuda.current_device()] if self.loader.device.type == "cuda" else []

    def _has_weights(self, node: str) -> bool:
        return bool(self.built.inferred.weights.get(node))

    def due(self, always: bool = False) -> list[Watched]:
        """What it is time to look at, or everything."""
        self._began = time.monotonic()
        return [entry for entry in self.probes if always or self._began >= self._next[entry[0], entry[1]]]

    def look(self, step: int, due: list[Watched], built: Built | None = None) -> None:
        """Record what these probes say of the model, or of a copy of it."""
        self.seen = built or self.built
        try:
            self._look(step, due)
        finally:
            self.seen = self.built
        spent = time.monotonic() - self._began
        for key, node, probe in due:  # never more than a tenth of the time
            self._next[key, node] = self._began + max(probe.seconds, 10 * spent)

    def _look(self, step: int, due: list[Watched]) -> None:
        model = self.seen.model
        was_training = model.training
        model.eval()
        try:
            with torch.no_grad(), torch.random.fork_rng(self._generators()):
                values = self._run_sample({node for _, node, probe in due if probe.reads in (OUTPUT, ATTENTION)})
                for key, node, probe in due:
                    seen = self._see(probe, node, values)
                    if seen is not None:
                        self.record(step, key, node, encode(probe.summarise(seen)))
        finally:
            model.train(was_training)

    def _run_sample(self, nodes: set[str]) -> dict[str, tuple[tuple, torch.Tensor]]:
        """Inputs and output of the modules of some nodes, for the first validation row."""
        found: dict[str, tuple[tuple, torch.Tensor]] = {}
        hooks, loose = [], {node for node in nodes if self.seen.module(node) is None}
        for node in nodes:
            module = self.seen.module(node)
            if module is not None:
                hooks.append(module.register_forward_hook(_keep(found, node)))
        try:
            batch = self.loader.sample()
            inputs = self.seen.source.questions(batch)
            if loose:
                after_each_line(self.seen, lambda: self.seen.model(**inputs), self._keeper(found, loose))
            elif hooks:
                self.seen.model(**inputs)
        finally:
            for hook in hooks:
                hook.remove()
        return found

    def _keeper(self, found: dict[str, tuple[tuple, torch.Tensor]], nodes: set[str]) -> Look:
        """Keeps what the lines of nodes without a module assign."""
        text = self.seen.source.text.splitlines()

        def look(node: str, line: int, variables: dict[str, Any]) -> None:
            if node in nodes and node not in found:
                value = first_assigned(text[line - 1], variables)
                if isinstance(value, torch.Tensor):
                    found[node] = ((), value)

        return look

    def _see(self, probe: Probe, node: str, values: dict[str, tuple[tuple, torch.Tensor]]) -> Seen | None:
        module = self.seen.module(node)
        if probe.reads == WEIGHTS and module is not None:
            return Seen({name: _numpy(p) for name, p in module.named_parameters()})
        if probe.reads == SURFACE:
            return self._surface(node)
        if node not in values:
            return None
        arguments, output = values[node]
        if probe.reads == OUTPUT:
            return Seen({"y": _numpy(output[0])}, caption=self._caption())
        if module is None:
            return None
        attention: Any = module  # what the attention probe fits has `attention_weights` and `causal`
        weights = _numpy(attention.attention_weights(*arguments)[0])
        queries, keys = self._tokens(weights.shape[1]), self._tokens(weights.shape[2])
        return Seen({"weights": weights}, queries, keys, bool(attention.causal))

    def _tokens(self, length: int) -> list[str]:
        """The tokens of the sample, or positions from 1 where there is no text of that length."""
        words = self.dataset.tokenizer
        names = [f.name for f in self.dataset.fields if f.kind == "tokens" and f.name in self.seen.source.inputs]
        for name in names if words is not None else ():
            ids = self.loader.sample()[name][0].tolist()
            if len(ids) == length and words is not None:
                return [words.token(i) for i in ids]
        return [str(i + 1) for i in range(length)]

    def _caption(self) -> str:
        labels = [f for f in self.dataset.fields if f.kind == "label" and f.name in self.loader.columns]
        if not labels:
            return ""
        index = int(self.loader.sample()[labels[0].name][0])
        return labels[0].names[index] if index < len(labels[0].names) else str(index)

    def _surface(self, node: str) -> Seen | None:
        """The probability of the second class over the plane, for a model of 2-D points."""
        points = [f.name for f in self.dataset.fields if f.kind == "points"]
        if self.seen.source.inputs != tuple(points) or len(points) != 1:
            return None
        xy = self.loader.columns[points[0]]
        low, high = xy.amin(0) - 0.15, xy.amax(0) + 0.15
        axes = [torch.linspace(float(a), float(b), GRID, device=xy.device) for a, b in zip(low, high, strict=True)]
        grid = torch.cartesian_prod(axes[1], axes[0]).flip(1)  # rows from bottom to top
        results = self.seen.model(grid)
        outputs = results if isinstance(results, tuple) else (results,)
        scores = outputs[output_nodes(self.seen).index(node)]
        if scores.dim() != 2:
            return None
        share = scores.softmax(1)[:, 1] if scores.shape[1] > 1 else scores[:, 0]
        label = next((f.name for f in self.dataset.fields if f.kind == "label"), "")
        rows = self.loader.splits["train"][:SHOWN_POINTS]
        labels = self.loader.columns[label][rows] if label in self.loader.columns else torch.zeros(len(rows))
        arrays = {"grid": _numpy(share).reshape(GRID, GRID), "points": _numpy(xy[rows]), "labels": _numpy(labels)}
        extent = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
        return Seen(arrays, extent=extent)


def _keep(found: dict[str, tuple[tuple, torch.Tensor]], node: str) -> Callable[..., None]:
    def hook(module: torch.nn.Module, arguments: tuple, output: object) -> None:
        tensor = output[0] if isinstance(output, tuple) else output
        if isinstance(tensor, torch.Tensor):
            found[node] = (arguments, tensor)

    return hook


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
