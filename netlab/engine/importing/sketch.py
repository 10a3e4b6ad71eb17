"""A graph under construction whose shapes are known at every moment, and the weights that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch

from netlab.data.dataset import Field
from netlab.document.graph import Edge, Graph, Node
from netlab.document.values import ValueRefused, plain
from netlab.engine.importing.faults import NoLayer, Opaque
from netlab.language import tr
from netlab.layers.layer import Shape, ShapeError, catalogue
from netlab.layers.shape import BOOL, FLOAT, INT, Axis
from netlab.options import OptionError

BATCH = 9973
"""Stands for the batch wherever a trace has to name a size: a prime that no model uses for anything else."""

KINDS = {torch.int64: INT, torch.int32: INT, torch.bool: BOOL}


@dataclass(frozen=True)
class Scope:
    """One call of a submodule: its path, the name of its class, and which of its calls this is."""

    path: str
    kind: str
    call: int = 0


@dataclass(frozen=True)
class Value:
    """What an output port of a node sends."""

    node: str
    port: str
    shape: Shape

    @property
    def sizes(self) -> tuple[int, ...]:
        """Its shape in numbers, with `BATCH` for the batch."""
        return tuple(BATCH if size is None else size for size in self.shape.sizes)

    @property
    def has_batch(self) -> bool:
        """Whether it differs from sample to sample; a constant or learned value does not."""
        return bool(self.shape.axes) and self.shape[0].size is None


@dataclass(frozen=True, eq=False)
class Learned:
    """A parameter of the module that no node holds yet, or a view of it. `path` is its name there."""

    path: str
    tensor: torch.Tensor


@dataclass(frozen=True)
class View:
    """A value whose axes a model sees elsewhere or as one, as ``x.view(B * T, d)`` and ``x.permute(1, 0, 2)`` make it.

    Attributes:
        groups: for each axis that is seen, the axes of the value that it is made of, the outermost first; none for an
            axis of size 1. Each axis of the value, of which 0 is the batch, is in one group.
    """

    value: Value
    groups: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Its sizes as they are seen."""
        return tuple(prod(self.value.sizes[axis] for axis in group) for group in self.groups)


@dataclass
class Sketch:
    """Nodes and edges so far.

    Attributes:
        weights: tensors by node id and the name that the layer gives them.
        scopes: the submodules that each node came from, outermost first.
        owners: the node that holds a learned tensor, by where the tensor is in memory.
        shares: for nodes whose weights another holds as well, that other.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    weights: dict[tuple[str, str], torch.Tensor] = field(default_factory=dict)
    scopes: dict[str, tuple[Scope, ...]] = field(default_factory=dict)
    opaque: list[Opaque] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    owners: dict[int, str] = field(default_factory=dict)
    shares: dict[str, str] = field(default_factory=dict)
    scope: tuple[Scope, ...] = ()

    def graph(self) -> Graph:
        """The graph as a value."""
        return Graph(dict(self.nodes), dict(self.edges))

    def mark(self) -> tuple[int, int, int]:
        """A point to which `back` can return."""
        return len(self.nodes), len(self.edges), len(self.notes)

    def back(self, mark: tuple[int, int, int]) -> None:
        """Forget what was added since."""
        for id in list(self.nodes)[mark[0] :]:
            del self.nodes[id], self.scopes[id]
        for id in list(self.edges)[mark[1] :]:
            del self.edges[id]
        del self.notes[mark[2] :]
        self.weights = {key: tensor for key, tensor in self.weights.items() if key[0] in self.nodes}

    def input(self, field: Field) -> Value:
        """An Input node for a field of the data."""
        id = self._node("input", field.name, {"field": field.name})
        return Value(id, "y", Shape.parse(f"{field.dtype} B {field.shape}"))

    def output(self, value: Value, name: str = "") -> None:
        """An Output node."""
        self._wire(value, self._node("output", name, {}), "x")

    def add(
        self,
        key: str,
        sources: Mapping[str, Value | None],
        *,
        name: str = "",
        weights: Mapping[str, torch.Tensor] | None = None,
        **options: Any,
    ) -> tuple[Value, ...]:
        """Add a layer fed by values by port; its outputs in port order.

        Raises:
            NoLayer: the layer refuses the options or shapes, or its weights would be others.
        """
        cls = catalogue()[key]
        shapes = {port: value.shape if (value := sources.get(port)) else None for port in cls.inputs()}
        try:
            layer = cls(**options)
            made = layer.shapes(**shapes)
            wanted = layer.weights(**shapes)
        except (OptionError, ShapeError) as error:
            raise NoLayer(str(error)) from error
        given = weights or {}
        for tensor, shape in wanted.items():
            if tensor not in given or tuple(given[tensor].shape) != tuple(shape):
                if any(size and size % BATCH == 0 for size in shape):
                    raise NoLayer(tr("The batch is merged with other axes."))
                told = tr(
                    "{layer} would learn {tensor} of {sizes}, which the model has not.",
                    layer=tr(cls.title()),
                    tensor=tensor,
                    sizes=" × ".join(map(str, shape)),
                )
                raise NoLayer(told)
        id = self._node(key, name, plain(layer.values))
        for port, value in sources.items():
            if value is not None:
                self._wire(value, id, port)
        self.weights |= {(id, tensor): value for tensor, value in given.items()}
        self._notice_sharing(id, {tensor: given[tensor] for tensor in wanted})
        by_port = made if isinstance(made, dict) else dict.fromkeys(list(cls.outputs())[:1], made)
        return tuple(Value(id, port, by_port[port]) for port in cls.outputs())

    def keep(
        self,
        type: str,
        name: str,
        sources: list[Value],
        options: Mapping[str, Any],
        made: list[tuple[tuple[int, ...], str]],
        why: str,
        weights: Mapping[str, torch.Tensor] | None = None,
    ) -> tuple[Value, ...]:
        """Keep a part that no layer stands for: an opaque node with its arguments; `made` are sizes and kinds."""
        id = self._node(type, name, {key: _plain(value) for key, value in options.items()})
        for i, value in enumerate(sources):
            self._wire(value, id, f"x{i + 1}" if i else "x")
        self.weights |= {(id, tensor): value for tensor, value in (weights or {}).items()}
        self.opaque.append(Opaque(id, name or id, type, why))
        shapes = [Shape(tuple(_axis(i, size) for i, size in enumerate(sizes)), kind) for sizes, kind in made]
        return tuple(Value(id, f"y{i + 1}" if i else "y", shape) for i, shape in enumerate(shapes))

    def held(self, tensor: torch.Tensor, name: str = "", like: Value | None = None, *, learned: bool = False) -> Value:
        """A node that sends a tensor: a learned parameter, or a constant."""
        tensor = tensor.detach()
        sizes = list(tensor.shape) or [1]
        source = {"like": like}
        if learned:
            return self.add("parameter", source, name=name, weights={"weight": tensor.reshape(sizes)}, sizes=sizes)[0]
        kind = KINDS.get(tensor.dtype, FLOAT)
        stored = tensor.to({INT: torch.int64, BOOL: torch.bool, FLOAT: torch.float32}[kind]).reshape(sizes)
        pattern = _pattern(stored)
        weights = {"value": stored.clone()}
        return self.add("constant", source, name=name, weights=weights, sizes=sizes, dtype=kind, **pattern)[0]

    def _notice_sharing(self, id: str, learned: Mapping[str, torch.Tensor]) -> None:
        """Note whether another node holds the same learned tensors under the same names."""
        places = {name: tensor.data_ptr() for name, tensor in learned.items() if tensor.data_ptr()}
        owners = {self.owners[place] for place in places.values() if self.owners.get(place) in self.nodes}
        for owner in sorted(owners):
            theirs = {name: tensor for (node, name), tensor in self.weights.items() if node == owner}
            common = [name for name in places if name in theirs]
            # vectors that begin alike are at times stored once though nobody meant to share them
            if any(theirs[name].dim() > 1 for name in common) and all(
                theirs[name].data_ptr() == places[name] for name in common
            ):
                self.shares[id] = owner
        for place in places.values():
            self.owners.setdefault(place, id)

    def _node(self, type: str, name: str, options: dict[str, Any]) -> str:
        id = f"n{len(self.nodes) + 1}"
        self.nodes[id] = Node(id, type, name, options)
        self.scopes[id] = self.scope
        return id

    def _wire(self, value: Value, target: str, port: str) -> None:
        id = f"e{len(self.edges) + 1}"
        self.edges[id] = Edge(id, value.node, value.port, target, port)


def _axis(index: int, size: int) -> Axis:
    return Axis("B") if index == 0 and size == BATCH else Axis("d", size)


def _plain(value: Any) -> Any:
    """A value that a file can hold, in words if need be."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, int) and value == BATCH:
        return "batch"
    try:
        return plain(value)
    except ValueRefused:
        return str(value)[:200]


def _pattern(tensor: torch.Tensor) -> dict[str, Any]:
    """The options with which a constant begins as close to these numbers as a pattern can."""
    first = tensor.flatten()[:1].to(torch.float32)
    if bool((tensor == tensor.flatten()[0]).all()) and not bool(first.isnan().any()):
        return {"fill": max(-1e30, min(1e30, float(first.item())))}
    last = torch.arange(tensor.shape[-1])
    if bool((tensor == last).all()):
        return {"pattern": "range"}
    if tensor.dim() > 1:
        ones = torch.ones_like(tensor, dtype=torch.float32)
        for name, triangle in (("lower triangle", ones.tril()), ("upper triangle", ones.triu())):
            if bool((tensor.float() == triangle).all()):
                return {"pattern": name}
    return {}
