"""Models come in: a module written as ordinary PyTorch becomes a graph, layer by layer.

The module is traced by `torch.fx`; what it calls is looked up among the layers, by the torch names they state.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import fx, nn

from netlab.compiler.builder import Graph
from netlab.data.dataset import source_of
from netlab.document.project import Project
from netlab.layers.layer import Layer, catalogue
from netlab.options import Bool, Choice, OptionError, Size

Arguments = dict[str, Any]
LEFT_OUT = "_assert_is_none"  # how a trace notes that an optional argument was not given


class ImportFault(ValueError):
    """A module that cannot become a graph: where it stopped, and what to do."""


@dataclass
class Imported:
    """A graph made from a module.

    Attributes:
        modules: node id by the path of the submodule whose weights it has.
    """

    graph: Graph
    modules: dict[str, str] = field(default_factory=dict)


def load_factory(spec: str) -> nn.Module:
    """The module that ``file.py:factory`` makes; runs that file, so ask first.

    Raises:
        ImportFault: no such file or factory, or it makes no module.
    """
    name, colon, factory = spec.rpartition(":")
    path = Path(name if colon else spec)
    if not colon or not path.is_file():
        raise ImportFault(f"{spec!r} is not FILE.py:FACTORY, the file and the function or class that makes the model.")
    made = getattr(_run_file(path), factory, None)
    if made is None:
        raise ImportFault(f"{path.name} has no {factory!r}.")
    try:
        module = made() if callable(made) else made
    except Exception as error:
        raise ImportFault(f"{factory} of {path.name} failed: {error}") from error
    if not isinstance(module, nn.Module):
        raise ImportFault(f"{factory} of {path.name} makes a {type(module).__name__}, but a torch.nn.Module is wanted.")
    return module


def _run_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("netlab_imported", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ImportFault(f"{path.name} cannot be run: {error}") from error
    return module


def import_project(module: nn.Module, title: str, data: str) -> Project:
    """The project of a module, trained on a data set whose fields feed its inputs in order.

    Raises:
        ImportFault: something in the module has no layer.
    """
    source = source_of(data, {})
    fields = [f for f in source.fields() if f.kind not in ("label", "target")]
    label = next((f for f in source.fields() if f.kind in ("label", "target")), None)
    imported = import_module(module, [f.name for f in fields])
    g = imported.graph
    output = next((id for id, node in g.nodes.items() if node.type == "output"), None)
    if label is not None and output is not None:
        last = next(edge.source for edge in g.edges.values() if edge.target == output)
        loss = "cross_entropy_loss" if label.dtype == "int" else "mse_loss"
        g.add(loss, last, g.add("input", field=label.name, name=label.name), name="loss")
    return g.project(title, data)


def import_module(module: nn.Module, fields: list[str]) -> Imported:
    """The graph of a module; its inputs read these fields, in order."""
    tracer = _Tracer()
    optional = {
        name: None
        for name, parameter in inspect.signature(module.forward).parameters.items()
        if parameter.default is None
    }
    try:
        traced = tracer.trace(module, concrete_args=optional or None)
    except Exception as error:  # control flow that depends on values, most of the time
        raise ImportFault(f"The module cannot be traced: {error}") from error
    return _Reader(module, traced, fields).read()


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m).__name__ in _by_torch_name() and not isinstance(m, nn.Sequential)


def _by_torch_name() -> dict[str, str]:
    """Layer keys by the class of the module that they become, torch's or our own."""
    found: dict[str, str] = {"MultiHeadAttention": "multi_head_attention"}
    for key, cls in catalogue().items():
        name = cls.torch_name.rpartition(".")[2]
        if cls.torch_name.startswith("torch.nn.") and name[:1].isupper():
            found.setdefault(name, key)
        found.setdefault(cls.__name__, key)
    return found


class _Reader:
    """Goes through the traced calls and adds a node for each."""

    def __init__(self, module: nn.Module, traced: fx.Graph, fields: list[str]) -> None:
        self.module, self.traced, self.fields = module, traced, list(fields)
        self.imported = Imported(Graph())
        self.g = self.imported.graph
        self.made: dict[fx.Node, str] = {}

    def read(self) -> Imported:
        for node in self.traced.nodes:
            match node.op:
                case "placeholder":
                    self._input(node)
                case "call_module":
                    self._module(node)
                case "call_function" | "call_method":
                    self._call(node)
                case "output":
                    results = node.args[0] if isinstance(node.args[0], tuple | list) else (node.args[0],)
                    for result in results:
                        self.g.add("output", self._source(result, node))
                case _:
                    raise ImportFault(f"{node.target} is a bare parameter or buffer, for which there is no layer.")
        return self.imported

    def _source(self, value: Any, node: fx.Node) -> str:
        if isinstance(value, fx.Node) and value in self.made:
            return self.made[value]
        raise ImportFault(f"{node.name} takes {value!r}, which no layer makes; only values of the graph can be wired.")

    def _input(self, node: fx.Node) -> None:
        if all(_named(user) == LEFT_OUT for user in node.users):
            return
        if not self.fields:
            raise ImportFault(f"The module has more inputs than the data has fields; {node.target} is left over.")
        name = self.fields.pop(0)
        self.made[node] = self.g.add("input", field=name, name=name)

    def _module(self, node: fx.Node) -> None:
        path = str(node.target)
        module = self.module.get_submodule(path)
        if isinstance(module, nn.Identity):
            self.made[node] = self._source(node.args[0], node)
            return
        key = _by_torch_name()[type(module).__name__]
        sources = [self._source(value, node) for value in node.args if value is not None]
        options = _options_of(catalogue()[key], module)
        self.made[node] = self._add(key, sources, path.replace(".", "_"), options, node)
        self.imported.modules[path] = self.made[node]

    def _call(self, node: fx.Node) -> None:
        name = _named(node)
        if name == LEFT_OUT:
            return
        first = name == "getitem" and node.args[1] == 0  # of several outputs
        if first or name in ("contiguous", "clone", "float"):
            self.made[node] = self._source(node.args[0], node)
            return
        rule = FUNCTIONS.get(name)
        if rule is None:
            raise ImportFault(
                f"There is no layer for {name} ({node.name}). Write that part with layers that NetLab has."
            )
        key, values, options = rule(self.module, node)
        self.made[node] = self._add(key, [self._source(value, node) for value in values], "", options, node)

    def _add(self, key: str, sources: list[str], name: str, options: Arguments, node: fx.Node) -> str:
        try:
            return self.g.add(key, *sources, name=name, **options)
        except OptionError as error:
            raise ImportFault(f"{node.name}: {error}") from error


def _named(node: fx.Node) -> str:
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))


def _options_of(cls: type[Layer], module: nn.Module) -> Arguments:
    """Option values by the attributes of a module, which torch names as its arguments are named."""
    found: Arguments = {}
    for name, option in cls.options().items():
        value = getattr(module, name, None)
        match option:
            case Bool() if name in ("bias", "affine", "elementwise_affine") and not isinstance(value, bool):
                found[name] = value is not None or getattr(getattr(module, "q_proj", None), "bias", None) is not None
            case Size() if isinstance(value, int | tuple):
                found[name] = list(value) if isinstance(value, tuple) else [value] * len(option.default)
            case Choice() if value not in option.choices:
                continue
            case _ if value is not None:
                found[name] = value
    return found


Rule = Callable[[nn.Module, fx.Node], tuple[str, list[Any], Arguments]]


def _argument(node: fx.Node, index: int, name: str, default: Any) -> Any:
    return node.args[index] if len(node.args) > index else node.kwargs.get(name, default)


def _unary(key: str) -> Rule:
    return lambda module, node: (key, [_argument(node, 0, "input", None)], {})


def _binary(key: str) -> Rule:
    return lambda module, node: (key, list(node.args[:2]), {})


def _with_axis(key: str, name: str = "dim", default: int = -1, option: str = "axis") -> Rule:
    return lambda module, node: (key, [node.args[0]], {option: _argument(node, 1, name, default)})


def _pool(key: str) -> Rule:
    def rule(module: nn.Module, node: fx.Node) -> tuple[str, list[Any], Arguments]:
        size = _pair(_argument(node, 1, "kernel_size", 2))
        options = {"kernel_size": size, "stride": _pair(_argument(node, 2, "stride", None) or size)}
        padding = _argument(node, 3, "padding", 0)
        return key, [node.args[0]], options | ({"padding": _pair(padding)} if padding else {})

    return rule


def _pair(value: Any) -> list[int]:
    return list(value) if isinstance(value, tuple | list) else [value, value]


def _joined(key: str) -> Rule:
    def rule(module: nn.Module, node: fx.Node) -> tuple[str, list[Any], Arguments]:
        values: Any = node.args[0]
        return key, list(values), {"axis": _argument(node, 1, "dim", 0)}

    return rule


def _flattened(module: nn.Module, node: fx.Node) -> tuple[str, list[Any], Arguments]:
    """``flatten(x, 1)``, ``x.view(n, -1)`` and ``x.reshape(n, -1)``: all but the batch in one axis."""
    sizes = node.args[1:]
    if node.target in ("view", "reshape") and (len(sizes) != 2 or sizes[1] != -1):
        return "reshape", [node.args[0]], {"sizes": list(sizes[1:])}
    return "flatten", [node.args[0]], {}


def _dropout(module: nn.Module, node: fx.Node) -> tuple[str, list[Any], Arguments]:
    return "dropout", [node.args[0]], {"p": _argument(node, 1, "p", 0.5)}


def _mean(module: nn.Module, node: fx.Node) -> tuple[str, list[Any], Arguments]:
    """Over one axis, or over all behind the channels."""
    dim = _argument(node, 1, "dim", -1)
    if isinstance(dim, tuple | list) and list(dim) in ([2, 3], [-2, -1], [2, 3, 4]):
        return "global_avg_pool", [node.args[0]], {}
    axis = dim[0] if isinstance(dim, tuple | list) and len(dim) == 1 else dim
    return "mean", [node.args[0]], {"axis": axis, "keepdim": bool(_argument(node, 2, "keepdim", False))}


def _swapped(module: nn.Module, node: fx.Node) -> tuple[str, list[Any], Arguments]:
    return "transpose", [node.args[0]], {"axis_a": node.args[1], "axis_b": node.args[2]}


FUNCTIONS: dict[str, Rule] = {
    **{name: _unary(name) for name in ("relu", "gelu", "silu", "mish", "elu", "selu", "tanh", "sigmoid", "softplus")},
    **{name: _binary("add") for name in ("add", "iadd", "add_")},
    **{name: _binary("multiply") for name in ("mul", "imul")},
    "sub": _binary("subtract"),
    "truediv": _binary("divide"),
    "matmul": _binary("matmul"),
    "cat": _joined("concat"),
    "stack": _joined("stack"),
    "flatten": _flattened,
    "view": _flattened,
    "reshape": _flattened,
    "dropout": _dropout,
    "max_pool2d": _pool("max_pool2d"),
    "boolean_dispatch": _pool("max_pool2d"),
    "avg_pool2d": _pool("avg_pool2d"),
    "softmax": _unary("softmax"),
    "log_softmax": _unary("log_softmax"),
    "mean": _mean,
    "sum": _with_axis("sum"),
    "unsqueeze": _with_axis("unsqueeze"),
    "squeeze": _with_axis("squeeze"),
    "transpose": _swapped,
}
"""What becomes of functions and methods: the layer, what it reads, and its options."""
