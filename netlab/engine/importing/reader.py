"""From a trace to a sketch: every call becomes a layer by its rule, or an opaque node where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch.fx.node import map_aggregate, map_arg

from netlab.data.dataset import Field
from netlab.engine.importing.faults import ImportFault, NoLayer
from netlab.engine.importing.sketch import BATCH, Learned, Sketch, Value, View
from netlab.engine.importing.trace import Made, Trace, function_name
from netlab.language import tr

SAME = frozenset(
    "contiguous clone float to type_as type alias lift_fresh_copy detach_ view_as_real requires_grad_".split()
)
"""Calls that change no number: what comes out is what went in, if size and kind agree."""


@dataclass(frozen=True)
class Call:
    """One call of a trace, its arguments taken apart: values, learned tensors, constants and plain numbers."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    made: Any
    target: Any
    path: str = ""
    module: nn.Module | None = None

    def arg(self, index: int, name: str, default: Any = None) -> Any:
        """An argument by place or name."""
        return self.args[index] if len(self.args) > index else self.kwargs.get(name, default)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the one tensor it makes."""
        if not isinstance(self.made, Made):
            raise NoLayer(tr("It makes several tensors."))
        return self.made.sizes

    @property
    def label(self) -> str:
        """A name for its node, after the submodule."""
        parts = self.path.split(".")
        while len(parts) > 1 and parts[-1].isdigit() and parts[-2].isdigit():
            parts.pop(-2)
        return "_".join(parts[-2:] if parts[-1].isdigit() else parts[-1:])


Rule = Callable[["Reader", Call], Any]
RULES: dict[str, Rule] = {}
MODULE_RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register what becomes of functions and methods of these names."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


def module_rule(*names: str) -> Callable[[Rule], Rule]:
    """Register what becomes of modules of these classes, where attributes alone do not say it."""

    def register(function: Rule) -> Rule:
        MODULE_RULES.update(dict.fromkeys(names, function))
        return function

    return register


class Reader:
    """What rules need: adds layers, and makes values of whatever can be wired.

    Attributes:
        sketch: the graph so far.
        holders: for each tensor that has a node of its own, that node's output.
        batch: an input, from which learned and constant tensors can take the batch.
    """

    def __init__(self) -> None:
        self.sketch = Sketch()
        self.holders: dict[tuple[int, bool], tuple[torch.Tensor, Value]] = {}
        self.batch: Value | None = None

    def value(self, thing: Any, name: str = "") -> Value:
        """Something as a value that can be wired; learned tensors, constants and numbers get a node of their own."""
        match thing:
            case Value():
                return thing
            case View():
                raise NoLayer(tr("The batch is not the first axis, or merged with others."))
            case Learned() | torch.Tensor():
                tensor = thing.tensor if isinstance(thing, Learned) else thing
                learned = isinstance(thing, Learned)
                key = (tensor.data_ptr() if tensor.numel() else id(tensor), learned)
                if key not in self.holders or self.holders[key][0].shape != tensor.shape:
                    name = thing.path.rpartition(".")[2] if isinstance(thing, Learned) else name
                    self.holders[key] = tensor, self.sketch.held(tensor, name, learned=learned)
                return self.holders[key][1]
            case bool() | int() | float() if not _tells_batch(thing):
                return self.sketch.held(torch.tensor([float(thing)]), name)
        raise NoLayer(tr("It takes {value}, which cannot be wired.", value=str(thing)[:80]))

    def add(self, key: str, *values: Any, name: str = "", weights: Any = None, **options: Any) -> Value:
        """A layer with one output, fed in the order of its ports; None leaves one open."""
        from netlab.layers.layer import catalogue

        wired = [None if value is None else self.value(value) for value in values]
        sources = dict(zip(catalogue()[key].inputs(), wired, strict=False))
        return self.sketch.add(key, sources, name=name, weights=weights, **options)[0]

    def spread(self, thing: Any, name: str = "") -> Value:
        """A learned tensor or constant with a copy for every sample."""
        tensor = thing.tensor if isinstance(thing, Learned) else thing
        if self.batch is None:
            raise NoLayer(tr("There is no input to take the batch from."))
        return self.sketch.held(tensor, name, self.batch, learned=isinstance(thing, Learned))

    def back(self, mark: tuple[int, int, int]) -> None:
        """Forget what was added since a mark of the sketch."""
        self.sketch.back(mark)
        self.holders = {key: held for key, held in self.holders.items() if held[1].node in self.sketch.nodes}


class TraceReader(Reader):
    """Goes through the calls of a trace and adds nodes for them."""

    def __init__(self, trace: Trace, fields: list[Field]) -> None:
        super().__init__()
        self.trace, self.fields = trace, {f.name: f for f in fields}
        self.known: dict[fx.Node, Any] = {}

    def read(self) -> Sketch:
        """The whole graph.

        Raises:
            ImportFault: the module returns something that no node makes.
        """
        live = _live(self.trace.graph)
        for node in self.trace.graph.nodes:
            self.sketch.scope = node.meta.get("scope", ())
            if node.op == "output":
                self._outputs(node)
            elif node in live:
                self.known[node] = self._one(node)
        return self.sketch

    def _one(self, node: fx.Node) -> Any:
        match node.op:
            case "placeholder" if node in self.trace.inputs:
                made = self.sketch.input(self.fields[self.trace.inputs[node]])
                self.batch = self.batch or made
                return made
            case "placeholder":
                return self._stored(self.trace.placed[node]) if node in self.trace.placed else None
            case "get_attr":
                return self._stored(str(node.target))
        made = node.meta["made"]
        if isinstance(made, bool | int | float | str):
            return made
        return self._called(node, made)

    def _stored(self, path: str) -> Any:
        tensor = self.trace.tensors.get(path)
        if tensor is None and self.trace.modules is not None:
            owner, _, name = path.rpartition(".")
            tensor = getattr(self.trace.modules(owner), name)
        if isinstance(tensor, nn.Parameter):
            return Learned(path, tensor.data)
        return tensor

    def _called(self, node: fx.Node, made: Any) -> Any:
        args, kwargs = map_arg((node.args, node.kwargs), lambda n: self.known.get(n))
        name = "module" if node.op == "call_module" else function_name(node.target)
        path, module = "", None
        if node.op == "call_module":
            path = str(node.target)
            assert self.trace.modules is not None
            module = self.trace.modules(path)
        call = Call(name, tuple(args), dict(kwargs), made, node.target, path or _path(node), module)
        result = self._read(call)
        if name.endswith("_") and node.args and isinstance(node.args[0], fx.Node) and not name.startswith("_"):
            self.known[node.args[0]] = result  # in place: whoever reads it later reads the new numbers
        return result

    def _read(self, call: Call) -> Any:
        if call.name == "getitem" and isinstance(call.args[0], tuple | list):
            return call.args[0][call.args[1]]
        if call.name == "_assert_is_none":
            return None
        things = _flat((call.args, call.kwargs))
        values = [thing for thing in things if isinstance(thing, Value)]
        if call.module is None and not values:
            folded = _folded(call, things)
            if folded is not None:
                return folded
        if call.name in SAME and values and values[0].sizes == call.sizes and _kind(call) == values[0].shape.dtype:
            return values[0]
        mark = self.sketch.mark()
        try:
            result = self._by_rule(call)
            _judge(result, call.made)
            return result
        except (NoLayer, TypeError, IndexError, KeyError, AttributeError) as error:
            self.back(mark)
            why = str(error) if isinstance(error, NoLayer) else tr("It is called in a way that no rule foresees.")
            return self._opaque(call, things, why)

    def _by_rule(self, call: Call) -> Any:
        if call.module is not None:
            found = MODULE_RULES.get(type(call.module).__name__, MODULE_RULES["*"])
            return found(self, call)
        found = RULES.get(call.name) or RULES.get(call.name.rstrip("_"))
        if found is None:
            raise NoLayer(tr("There is no layer for {name}.", name=call.name))
        return found(self, call)

    def _opaque(self, call: Call, things: list[Any], why: str) -> Any:
        things = [thing.value if isinstance(thing, View) else thing for thing in things]
        tensors = (Value, Learned, torch.Tensor)
        sources = [self.value(thing) for thing in things if isinstance(thing, tensors)]
        weights: dict[str, torch.Tensor] = {}
        if call.module is not None:
            type_name = f"torch.nn.{type(call.module).__name__}"
            options = {
                name: v for name in _arguments(call.module) if (v := getattr(call.module, name, None)) is not None
            }
            weights = {name: tensor.detach() for name, tensor in call.module.state_dict().items()}
        else:
            aten = isinstance(call.target, torch._ops.OpOverload)
            type_name = f"aten.{call.name}" if aten else f"torch.{call.name}"
            numbers = {f"argument{i + 1}": v for i, v in enumerate(call.args) if not isinstance(v, tensors)}
            options = numbers | {k: v for k, v in call.kwargs.items() if not isinstance(v, tensors)}
        flat = [call.made] if isinstance(call.made, Made) else _flat(call.made)
        made = [(m.sizes, m.kind) for m in flat if isinstance(m, Made)]
        values = iter(self.sketch.keep(type_name, call.label, sources, options, made, why, weights))
        return _filled(call.made, values)

    def _outputs(self, node: fx.Node) -> None:
        results = _flat(map_arg(node.args[0], lambda n: self.known.get(n)))
        self.sketch.scope = ()
        found = [thing for thing in results if isinstance(thing, Value | Learned | torch.Tensor)]
        if not found:
            raise ImportFault(
                tr("The module returns no tensor that depends on its inputs, so there is nothing to draw.")
            )
        for thing in found:
            self.sketch.output(self.value(thing))


def _live(graph: fx.Graph) -> set[fx.Node]:
    """The nodes that an output, or a change in place, needs."""
    found: set[fx.Node] = set()
    for node in reversed(graph.nodes):
        in_place = node.op == "call_method" and str(node.target).endswith("_") and not str(node.target).endswith("__")
        if node.op in ("output", "placeholder") or in_place or any(user in found for user in node.users):
            found.add(node)
    return found


def _path(node: fx.Node) -> str:
    scope = node.meta.get("leaf") or node.meta.get("scope", ())
    return scope if isinstance(scope, str) else ""


def _tells_batch(thing: Any) -> bool:
    return isinstance(thing, int) and not isinstance(thing, bool) and thing != 0 and thing % BATCH == 0


def _kind(call: Call) -> str:
    return call.made.kind if isinstance(call.made, Made) else ""


def _flat(thing: Any) -> list[Any]:
    """Everything in nested lists, tuples and dictionaries."""
    match thing:
        case tuple() | list():
            return [leaf for item in thing for leaf in _flat(item)]
        case dict():
            return [leaf for item in thing.values() for leaf in _flat(item)]
        case slice():
            return [thing.start, thing.stop, thing.step]
    return [thing]


def _folded(call: Call, things: list[Any]) -> Any:
    """The result of a call that depends on no input: worked out now. A view of one learned tensor stays learned."""
    if any(_tells_batch(thing) for thing in things):
        return None
    learned = [thing for thing in things if isinstance(thing, Learned)]
    if learned and (len(learned) > 1 or not isinstance(call.made, Made) or call.name not in VIEWS | SAME):
        return None
    bare: Any = map_aggregate((call.args, call.kwargs), lambda t: t.tensor if isinstance(t, Learned) else t)
    args, kwargs = bare
    try:
        with torch.no_grad():
            result = (
                getattr(args[0], call.target)(*args[1:], **kwargs)
                if isinstance(call.target, str)
                else call.target(*args, **kwargs)
            )
    except Exception:  # it is kept as a node then, opaque if need be
        return None
    return Learned(learned[0].path, result) if learned else result


VIEWS = frozenset(
    "view reshape unsqueeze squeeze transpose permute t select slice getitem expand flatten unflatten narrow T mT "
    "swapaxes movedim expand_as getattr".split()
)


def _judge(result: Any, made: Any) -> None:
    """Refuse a rule's result whose shape is not what the trace has seen."""
    if isinstance(made, tuple):
        for one, other in zip(result, made, strict=False):
            _judge(one, other)
    elif isinstance(result, Value) and isinstance(made, Made):
        ours, theirs = result.sizes, made.sizes
        if not result.has_batch:  # stretched later; leading axes of size 1 say nothing
            ours, theirs = _without_ones(ours), _without_ones(theirs)
        if ours != theirs or result.shape.dtype != made.kind:
            told = " × ".join("B" if size == BATCH else str(size) for size in made.sizes)
            raise NoLayer(
                tr("The layer would make {shape}, but the model makes {wanted}.", shape=result.shape, wanted=told)
            )


def _without_ones(sizes: tuple[int, ...]) -> tuple[int, ...]:
    while sizes and sizes[0] == 1:
        sizes = sizes[1:]
    return sizes


def _filled(made: Any, values: Any) -> Any:
    if isinstance(made, Made):
        return next(values)
    return tuple(_filled(item, values) for item in made) if isinstance(made, tuple) else made


def _arguments(module: nn.Module) -> list[str]:
    import inspect

    return [
        name for name in inspect.signature(type(module).__init__).parameters if name not in ("self", "device", "dtype")
    ]
