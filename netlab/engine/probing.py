"""Runs the probes: one sample, outside the training step, with all generators left as they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from netlab.data.dataset import Dataset
from netlab.engine.build import Built, judging, output_nodes
from netlab.engine.device import generators_kept
from netlab.engine.lines import Look, after_each_line, first_assigned
from netlab.engine.loader import Loader
from netlab.engine.specimen import GRID, Specimen, plain
from netlab.probes.probe import ATTENTION, OUTPUT, SURFACE, WEIGHTS, Probe, Seen, catalogue
from netlab.protocol.summaries import encode

Record = Callable[[int, str, str, bytes], None]
Values = dict[str, tuple[tuple, torch.Tensor | None]]  # inputs and output of a node's module
Watched = tuple[str, str, Probe]  # key of the probe, and id of the node it looks at


class Prober:
    """Looks at the chosen nodes every so often and records what the probes say."""

    def __init__(self, built: Built, loader: Loader, dataset: Dataset, record: Record) -> None:
        self.built = self.seen = built
        self.device, self.record = loader.device, record
        self.specimen = Specimen(loader, dataset, built.source.inputs)
        self.options = {(choice.probe, choice.node): choice.options for choice in built.project.probes.values()}
        self.probes: list[Watched] = []
        self._next: dict[tuple[str, str], float] = {}
        self._calls: dict[str, int] = {}  # how often the module of a node runs for one sample

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
        with judging(self.seen.model), generators_kept():
            asked = {node for _, node, probe in due if probe.reads == OUTPUT}
            values = self._run_sample(asked, {node for _, node, probe in due if probe.reads == ATTENTION} - asked)
            for key, node, probe in due:
                seen = self._see(probe, node, values)
                if seen is not None:
                    self.record(step, key, node, encode(probe.summarise(seen)))

    def _run_sample(self, asked: set[str], fed: set[str]) -> Values:
        """What the modules of some nodes send for the specimen, and are given; of the `fed` ones only the latter."""
        found: Values = {}
        modules = {node: self.seen.module(node) for node in asked | fed}
        loose = {node for node, module in modules.items() if module is None}
        keeper = _Keeper(found, {} if loose else self._calls)
        hooks = [
            (module.register_forward_pre_hook if node in fed else module.register_forward_hook)(keeper.of(node))
            for node, module in modules.items()
            if module is not None
        ]
        inputs = self.seen.source.questions(self.specimen.batch)
        try:
            if loose:
                after_each_line(self.seen, lambda: self.seen.model(**inputs), self._line_keeper(found, loose))
            elif hooks:
                self.seen.model(**inputs)
            self._calls |= keeper.calls
        except _Enough:
            pass
        finally:
            for hook in hooks:
                hook.remove()
        return found

    def _line_keeper(self, found: Values, nodes: set[str]) -> Look:
        """Keeps what the lines of nodes without a module assign."""
        text = self.seen.source.text.splitlines()

        def look(node: str, line: int, variables: dict[str, Any]) -> None:
            if node in nodes and node not in found:
                value = first_assigned(text[line - 1], variables)
                if isinstance(value, torch.Tensor):
                    found[node] = ((), value)

        return look

    def _see(self, probe: Probe, node: str, values: Values) -> Seen | None:
        module = self.seen.module(node)
        if probe.reads == WEIGHTS and module is not None:
            return Seen({name: plain(p) for name, p in module.named_parameters()})
        if probe.reads == SURFACE:
            return self._surface(node)
        if node not in values:
            return None
        arguments, output = values[node]
        if probe.reads == OUTPUT:
            return None if output is None else Seen({"y": plain(output[0])}, caption=self.specimen.caption)
        if module is None:
            return None
        attention: Any = module  # what the attention probe fits has `attention_weights` and `causal`
        weights = plain(attention.attention_weights(*arguments)[0])
        queries, keys = (self.specimen.tokens(length) for length in weights.shape[1:])
        return Seen({"weights": weights}, queries, keys, bool(attention.causal))

    def _surface(self, node: str) -> Seen | None:
        """The probability of the second class over the plane, for a model of 2-D points."""
        plane = self.specimen.plane
        if plane is None:
            return None
        results = self.seen.model(plane.grid)
        outputs = results if isinstance(results, tuple) else (results,)
        scores = outputs[output_nodes(self.seen).index(node)]
        if scores.dim() != 2:
            return None
        share = scores.softmax(1)[:, 1] if scores.shape[1] > 1 else scores[:, 0]
        arrays = {"grid": plain(share).reshape(GRID, GRID), "points": plane.points, "labels": plane.labels}
        return Seen(arrays, extent=plane.extent)


class _Enough(Exception):
    """All that was asked for has been seen; the rest of the model need not run."""


class _Keeper:
    """Hooks that keep what modules are given and send; of one that runs several times, the last.

    Args:
        known: how often the module of a node runs; once all have run so often, the pass ends.
    """

    def __init__(self, found: Values, known: Mapping[str, int]) -> None:
        self.calls: dict[str, int] = {}
        self._found, self._known = found, known

    def of(self, node: str) -> Callable[..., None]:
        """The hook for the module of a node."""
        self.calls[node] = 0

        def hook(module: torch.nn.Module, arguments: tuple, output: object = None) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            self._found[node] = (arguments, tensor if isinstance(tensor, torch.Tensor) else None)
            self.calls[node] += 1
            if all(count == self._known.get(name) for name, count in self.calls.items()):
                raise _Enough

        return hook
