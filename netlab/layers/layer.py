"""What a layer declares: ports, options, shape rule, weights, code and example cases.

A layer is one file in this folder. `netlab.catalogue` finds it; palette, inspector, checks, file format, help page
and tests derive from the declaration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import Any, ClassVar, TypeVar

from netlab.catalogue import discover, key_of
from netlab.language import paragraphs, tr
from netlab.layers._fixes import Fix
from netlab.layers.shape import Shape, ShapeError
from netlab.options import Options

__all__ = ["Case", "Code", "Fix", "Input", "Layer", "Output", "Shape", "ShapeError", "Shapes", "catalogue"]


P = TypeVar("P", bound="Port")
Shapes = Mapping[str, Shape]


class Port:
    """A place where wires end. `kind` colours the wire: feature, sequence, image, tokens, target or loss."""

    def __init__(self, help: str, *, optional: bool = False, title: str = "") -> None:
        self.help = help
        self.optional = optional
        self.name = ""
        self._title = title

    @property
    def title(self) -> str:
        """What people read: the name, unless the port of a block was called something."""
        return self._title or self.name

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class Input(Port):
    """An input port. An optional one may stay open; the layer then gets None for it."""


class Output(Port):
    """An output port."""


@dataclass(frozen=True, slots=True)
class Code:
    """The Python a node becomes.

    Attributes:
        forward: expression with the layer's input ports in braces, and ``{self}`` for its module, e.g.
            ``"{self}({x})"``. An open optional port reads ``None``. Several outputs: a tuple in port order.
        targets: how the result is taken apart where that is not plain port order, e.g. ``"{y}, ({h}, {c})"``.
        definition: Python that somebody wrote, to be put above the model; `init`, or `forward` if there is none,
            begins with `defines`, the name that it gives to what is used of it.
        init: expression that makes the module, ``""`` if the node needs none.
        imports: import lines beyond ``torch``, ``nn`` and ``F``.
        metrics: for loss layers, expressions to report beside the loss, by metric name.
        ignores: for loss layers, the target that is left out of the mean, of the loss as of its metrics; None for none.
    """

    forward: str = "{self}({x})"
    init: str = ""
    imports: tuple[str, ...] = ()
    metrics: dict[str, str] = field(default_factory=dict)
    ignores: int | None = None
    targets: str = ""
    definition: str = ""
    defines: str = ""


class Case:
    """An example that is also a test: shapes by port name, option values by option name.

    ``Case(x="B 784", out_features=10, y="B 10")``; a text for a port is a shape, ``error="…"`` is part of the
    sentence that must be raised instead.
    """

    def __init__(self, *, error: str = "", **values: Any) -> None:
        self.error = error
        self.values = values


class Layer(Options):
    """Base of all layers.

    Class attributes:
        category: where the palette shows it.
        aliases: other words people search for.
        role: ``""``, ``"input"``, ``"output"``, ``"loss"``, ``"block"``, ``"block_input"``, ``"block_output"`` or
            ``"passage"`` (a bend in a wire): how the compiler treats it.
        paper: source, where one exists.
        torch_name: the torch thing it corresponds to, for the help page.
        needs: what its backward pass reads again: its ``"input"``, its ``"output"`` (ReLU, softmax) or ``"nothing"``;
            ``"view"`` if its output is its input looked at in another way, so that reading one keeps the other.
        takes_scores: a loss that squashes what the model says by itself, and wants none before that.
        passes_gradient: its inputs get the gradient of its output as it is, or parts of it, and no new one is made.
        stops_gradient: some inputs get no gradient, on purpose.
        no_onnx: why it cannot be exported to ONNX, "" if it can.
        must_run: nobody knows its weights before its code has run once.
    """

    category: ClassVar[str] = "Basic"
    aliases: ClassVar[tuple[str, ...]] = ()
    role: ClassVar[str] = ""
    paper: ClassVar[str] = ""
    torch_name: ClassVar[str] = ""
    needs: ClassVar[str] = "input"
    takes_scores: ClassVar[bool] = False
    passes_gradient: ClassVar[bool] = False
    stops_gradient: ClassVar[bool] = False
    no_onnx: ClassVar[str] = ""
    must_run: ClassVar[bool] = False
    cases: ClassVar[list[Case]] = []

    def shapes(self, *args: Any, **kwargs: Any) -> Shape | dict[str, Shape]:
        """Output shape (or shapes by output port) from the input shapes, passed by port name.

        Raises:
            ShapeError: they do not fit; says why and what to do.
        """
        raise NotImplementedError

    def weights(self, *args: Any, **kwargs: Any) -> dict[str, tuple[int, ...]]:
        """Shapes of the learned tensors by the names that ``named_parameters`` gives them."""
        return {}

    def code(self, *args: Any, **kwargs: Any) -> Code:
        """The Python it becomes, for these input shapes."""
        raise NotImplementedError

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        """Floating-point operations of one forward pass of one sample, a multiplication and an addition counted as two.

        Unless a layer knows better, every matrix of weights is applied once at every place of the first output, and
        every number of the output costs one operation more.
        """
        made = next(iter(outputs.values()), None)
        if made is None:
            return 0
        channels = 1 if made.rank < 2 else made.sizes[1 if made.rank > 3 else -1] or 1
        places = made.elements() // max(channels, 1)
        return made.elements() + sum(2 * places * prod(shape) for shape in weights.values() if len(shape) > 1)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        """How many numbers the backward pass of one sample needs: those it makes, unless a layer knows better."""
        return sum(shape.elements() for shape in outputs.values())

    def passing(self, inputs: Shapes, outputs: Shapes) -> int:
        """How many numbers the backward pass of one sample holds for a moment inside, beside what comes and goes."""
        return 0

    @classmethod
    def inputs(cls) -> dict[str, Input]:
        """Input ports by name, in the order declared."""
        return _ports(cls, Input)

    @classmethod
    def outputs(cls) -> dict[str, Output]:
        """Output ports by name, in the order declared."""
        return _ports(cls, Output)

    @classmethod
    def title(cls) -> str:
        """Its name for people: the class name unless `label` says better."""
        return vars(cls).get("label", cls.__name__)

    @classmethod
    def words(cls) -> tuple[str, ...]:
        """Other words people search for, in the language in use, which translates them as one list."""
        return tuple(word.strip() for word in re.split("[,，]", tr(", ".join(cls.aliases))))

    @classmethod
    def summary(cls) -> str:
        """First paragraph of the docstring: a sentence."""
        return paragraphs(cls)[0]


@cache
def _ports(cls: type, kind: type[P]) -> dict[str, P]:
    found: dict[str, P] = {}
    for base in reversed(cls.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, kind)}
    return found


def catalogue() -> dict[str, type[Layer]]:
    """All layers by type key."""
    return discover("netlab.layers", Layer)


def type_of(layer: type[Layer] | Layer) -> str:
    """The type key of a layer, as stored in files."""
    return key_of(layer if isinstance(layer, type) else type(layer))
