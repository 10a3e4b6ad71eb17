"""What a module calls: a graph of torch.fx in which every node knows what it makes and where it stands.

`torch.fx` follows the module with stand-ins for tensors. Here each stand-in also carries a fake tensor, so that sizes
are plain numbers, asserts and loops over them work, and only the batch stays open (`BATCH`).
"""

from __future__ import annotations

import inspect
import operator
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.node import map_arg

from netlab.data.dataset import Field
from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.modules import is_leaf
from netlab.engine.importing.sketch import BATCH, KINDS, Scope
from netlab.language import tr
from netlab.layers.shape import FLOAT

PLAIN = (int, float, bool, str, torch.dtype, torch.device)
DTYPES = {"float": torch.float32, "int": torch.int64}


@dataclass(frozen=True)
class Made:
    """The sizes, with `BATCH` for the batch, and the kind (float, int or bool) of a tensor that a call makes."""

    sizes: tuple[int, ...]
    kind: str


@dataclass
class Trace:
    """A module's calls in order.

    Attributes:
        graph: nodes whose meta has "made" (`Made`, numbers, or tuples of them) and "scope".
        inputs: what each placeholder that carries data is called.
        tensors: parameters and buffers by their path.
        modules: gets the submodule of a path; None where there are no submodules.
    """

    graph: fx.Graph
    inputs: dict[fx.Node, str]
    tensors: dict[str, torch.Tensor]
    modules: Callable[[str], nn.Module] | None = None
    placed: dict[fx.Node, str] = field(default_factory=dict)


def made_of(value: Any) -> Any:
    """What a call makes, without the fake tensors."""
    if isinstance(value, torch.Tensor):
        return Made(tuple(int(size) for size in value.shape), KINDS.get(value.dtype, FLOAT))
    if isinstance(value, tuple | list):
        return tuple(made_of(item) for item in value)
    return value


def fed(module: nn.Module, fields: list[Field]) -> dict[str, Field]:
    """The field for each argument of `forward`: by name where they agree, else in order.

    Raises:
        ImportFault: more arguments than fields.
    """
    arguments = inspect.signature(module.forward).parameters.values()
    named = [p for p in arguments if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    needed = [p.name for p in named if p.default is inspect.Parameter.empty]
    by_name = {f.name: f for f in fields}
    if needed and all(name in by_name for name in needed):
        return {name: by_name[name] for name in needed}
    if len(needed) > len(fields):
        raise ImportFault(
            tr(
                "The module has more inputs than the data has fields; {name} is left over. Choose another data set, or "
                "say the shapes of the inputs.",
                name=needed[len(fields)],
            )
        )
    return dict(zip(needed or [p.name for p in named][:1], fields, strict=False))


def trace_module(module: nn.Module, fields: list[Field]) -> Trace:
    """Follow a module by torch.fx.

    Raises:
        ImportFault: more inputs than fields.
        Exception: whatever the module or the tracer stumbles over.
    """
    feeding = fed(module, fields)
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    with mode:
        given = {name: torch.zeros((BATCH, *f.sizes), dtype=DTYPES[f.dtype]) for name, f in feeding.items()}
    tracer = _Tracer(given, mode)
    rest = {
        name: parameter.default
        for name, parameter in inspect.signature(module.forward).parameters.items()
        if name not in feeding and parameter.default is not inspect.Parameter.empty
    }
    training = module.training
    module.train()
    try:
        graph = tracer.trace(module, concrete_args=rest or None)
    finally:
        module.train(training)
    for node in graph.nodes:
        node.meta.setdefault("value", None)
        node.meta["made"] = made_of(node.meta["value"])
    inputs = {n: feeding[n.target].name for n in graph.nodes if n.op == "placeholder" and n.target in feeding}
    tensors = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    return Trace(graph, inputs, tensors, module.get_submodule)


class _Tracer(fx.Tracer):
    """Traces with sizes in hand."""

    def __init__(self, given: dict[str, torch.Tensor], mode: FakeTensorMode) -> None:
        super().__init__()
        self.given, self.mode = given, mode
        self.busy = False  # while a value is worked out, modules and parameters are the real ones
        self.scopes: list[Scope] = []
        self.calls: Counter[str] = Counter()

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return is_leaf(m)

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if self.busy:
            return forward(*args, **kwargs)
        path = self.path_of_module(m)
        if self.is_leaf_module(m, path):
            return self.create_proxy("call_module", path, args, kwargs)
        self.scopes.append(Scope(path, type(m).__name__, self.calls[path]))
        self.calls[path] += 1
        try:
            return forward(*args, **kwargs)
        finally:
            self.scopes.pop()

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        return attr_val if self.busy else super().getattr(attr, attr_val, parameter_proxy_cache)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def create_proxy(self, *args: Any, **kwargs: Any) -> Any:
        proxy = super().create_proxy(*args, **kwargs)
        node = proxy.node
        node.meta["scope"] = tuple(self.scopes)
        if node.op == "output":
            return proxy
        value = node.meta["value"] = self._work_out(node)
        return value if isinstance(value, PLAIN) and not _tells_batch(value) else proxy

    def to_bool(self, obj: fx.Proxy) -> bool:
        value = obj.node.meta.get("value")
        return bool(value) if isinstance(value, PLAIN) else super().to_bool(obj)

    def iter(self, obj: fx.Proxy) -> Iterator[Any]:
        return iter([obj[i] for i in range(len(obj))])  # type: ignore[index, arg-type]

    def _work_out(self, node: fx.Node) -> Any:
        arguments: Any = map_arg((node.args, node.kwargs), self._value)
        args, kwargs = arguments
        target: Any = node.target
        before, self.busy = self.busy, True
        try:
            with self.mode:
                match node.op:
                    case "placeholder":
                        return self.given.get(target, node.args[0] if node.args else None)
                    case "get_attr":
                        return self._value(node)
                    case "call_module":
                        return self.root.get_submodule(target).forward(*args, **kwargs)
                    case "call_method":
                        return getattr(args[0], target)(*args[1:], **kwargs)
                    case _:
                        return target(*args, **kwargs)
        finally:
            self.busy = before

    def _value(self, node: fx.Node) -> Any:
        if "value" not in node.meta:  # a constant or parameter, put in without create_proxy
            found: Any = self.root
            for part in str(node.target).split("."):
                found = getattr(found, part)
            node.meta["value"] = self.mode.from_tensor(found)
        return node.meta["value"]


def _tells_batch(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value != 0 and value % BATCH == 0


class _Proxy(fx.Proxy):
    """A stand-in that knows its sizes, type and device."""

    tracer: _Tracer

    @property
    def value(self) -> Any:
        return self.node.meta["value"]

    @property
    def shape(self) -> tuple[Any, ...]:
        return self.size()

    def size(self, dim: int | None = None) -> Any:
        if dim is not None:
            number = self.value.shape[dim]
            return self.tracer.create_proxy("call_method", "size", (self, dim), {}) if _tells_batch(number) else number
        return tuple(self.size(i) for i in range(self.value.dim()))

    def dim(self) -> int:
        return self.value.dim()

    @property
    def ndim(self) -> int:
        return self.value.dim()

    @property
    def device(self) -> torch.device:
        return self.value.device

    @property
    def dtype(self) -> torch.dtype:
        return self.value.dtype

    is_nested = False
    is_cuda = False
    is_sparse = False

    def is_floating_point(self) -> bool:
        return self.value.is_floating_point()

    def __len__(self) -> int:
        return len(self.value)


def function_name(target: Any) -> str:
    """What a call is known as among the rules: ``linear``, ``add``, ``view``."""
    if isinstance(target, str):
        return target
    if isinstance(target, torch._ops.OpOverload):
        return target._schema.name.partition("::")[2]
    return _FUNCTIONAL.get(target) or getattr(target, "__name__", str(target))


_FUNCTIONAL: dict[Any, str] = {
    function: name
    for name, function in vars(torch.nn.functional).items()
    if callable(function) and not name.startswith("_") and not isinstance(function, type)
}
_FUNCTIONAL |= {operator.iadd: "add", operator.imul: "mul", operator.isub: "sub", operator.itruediv: "div"}
