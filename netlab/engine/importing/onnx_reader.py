"""From an ONNX graph to a sketch: operators become layers by `onnx_ops`, constants are worked out, the rest is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import onnx
import torch
from onnx import numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from netlab.data.dataset import Field
from netlab.engine.importing.faults import NoLayer
from netlab.engine.importing.reader import Reader
from netlab.engine.importing.sketch import BATCH, Learned, Scope, Sketch, Value, View
from netlab.engine.importing.views import alike, straight
from netlab.language import tr

QUOTED = re.compile(r"'([^']*)'")
SPREADS = ("ConstantOfShape", "Expand", "Tile", "Range", "EyeLike", "RandomNormal", "RandomUniform")
PLACEWISE = frozenset(
    "Add Sub Mul Div Pow Relu Sigmoid Tanh Selu Mish HardSwish Softplus Exp Equal Greater Less GreaterOrEqual LessOrEqual "
    "And Not Where Cast Gelu Elu LeakyRelu Clip Identity".split()
)
"""Operators of which each number of the result needs only the numbers at its place."""
KINDS: dict[int, str] = {
    int(onnx.TensorProto.INT64): "int",
    int(onnx.TensorProto.INT32): "int",
    int(onnx.TensorProto.BOOL): "bool",
}


@dataclass(frozen=True)
class Uniform:
    """One number in a shape that has the batch in it."""

    number: float
    sizes: tuple[int, ...]


@dataclass
class Op:
    """One operator: values and views of them, uniform values, and constant tensors by place; None for what is left out."""

    type: str
    inputs: list[Any]
    attributes: dict[str, Any]
    outputs: list[str]
    label: str
    users: Counter[str] = field(default_factory=Counter)

    def given(self, index: int) -> Any:
        """An input, None if there is none."""
        return self.inputs[index] if index < len(self.inputs) else None

    def ints(self, index: int, name: str) -> list[int] | None:
        """Whole numbers that are an input in newer versions of ONNX and an attribute in older ones."""
        thing = self.given(index)
        if thing is None:
            thing = self.attributes.get(name)
            return None if thing is None else [int(n) for n in (thing if isinstance(thing, list) else [thing])]
        if not isinstance(thing, torch.Tensor):
            raise NoLayer(tr("Its {name} depend on the input.", name=name))
        return [int(n) for n in thing.flatten()]


Rule = Callable[["OnnxReader", Op], Any]
OPS: dict[str, Rule] = {}


def op(*names: str) -> Callable[[Rule], Rule]:
    """Register what becomes of operators of these types."""

    def register(function: Rule) -> Rule:
        OPS.update(dict.fromkeys(names, function))
        return function

    return register


class OnnxReader(Reader):
    """Goes through the operators in order.

    Attributes:
        known: what each name stands for so far.
        skip: names that a rule has already dealt with, and what they stand for.
    """

    def __init__(self, model: onnx.ModelProto, fields: dict[str, Field]) -> None:
        super().__init__()
        self.graph = model.graph
        self.known: dict[str, Any] = {"": None}
        self.done: dict[str, Any] = {}
        self.users = Counter(name for node in self.graph.node for name in node.input)
        self.users.update(output.name for output in self.graph.output)
        self.readers = {name: node for node in self.graph.node for name in node.input}
        self.shapes = _shapes(model)
        for tensor in self.graph.initializer:
            found = torch.from_numpy(numpy_helper.to_array(tensor).copy())
            self.known[tensor.name] = _narrow(found)
        for name, one in fields.items():
            self.known[name] = self.sketch.input(one)
            self.batch = self.batch or self.known[name]

    def read(self) -> Sketch:
        """The whole graph."""
        for node in self.graph.node:
            if all(name in self.done for name in node.output if name):
                self.known |= {name: self.done[name] for name in node.output if name}
                continue
            self.sketch.scope = _scope(node)
            results = self._operator(node)
            self.known |= dict(zip(node.output, results, strict=False))
        self.sketch.scope = ()
        for output in self.graph.output:
            thing = self.known[output.name]
            if isinstance(thing, View):
                told = tr("The output {name} has its batch first here, unlike in the model.", name=output.name)
                self.sketch.notes.append(told)
                thing = straight(self, thing).value
            self.sketch.output(self.value(thing), output.name)
        return self.sketch

    def value(self, thing: Any, name: str = "") -> Value:
        """As for traces; an initializer with the name of a submodule's weight is learned, others are constants."""
        if isinstance(thing, Uniform):
            if thing.sizes[:1] != (BATCH,):
                raise NoLayer(tr("The batch is not the first axis."))
            return self.spread(torch.full(thing.sizes[1:], thing.number))
        return super().value(thing, name)

    def learned(self, name: str) -> Any:
        """What a name stands for, as a learned tensor if it is one."""
        thing = self.known[name]
        is_weight = "." in name or any(word in name.lower() for word in ("weight", "bias", "embed", "token"))
        if isinstance(thing, torch.Tensor) and thing.is_floating_point() and thing.numel() > 1 and is_weight:
            return Learned(name, thing)
        return thing

    def _operator(self, node: onnx.NodeProto) -> list[Any]:
        attributes = {a.name: _attribute(a) for a in node.attribute}
        operation = Op(node.op_type, [self.known[n] for n in node.input], attributes, list(node.output), _label(node))
        tensors = [t for t in operation.inputs if t is not None]
        if node.op_type == "Shape":
            return [_shape_of(operation)]
        batched = any(isinstance(t, torch.Tensor) and _holds_batch(t) for t in tensors)
        if all(isinstance(t, torch.Tensor) for t in tensors) and not (batched and node.op_type in SPREADS):
            return self._folded(node)
        mark = self.sketch.mark()
        try:
            rule = OPS.get(node.op_type)
            if rule is None or node.domain not in ("", "ai.onnx"):
                raise NoLayer(tr("There is no layer for {name}.", name=node.op_type))
            operation.inputs = [self.learned(n) if n else None for n in node.input]
            result = self._lifted(rule, operation) if node.op_type in PLACEWISE else rule(self, operation)
            return list(result) if isinstance(result, tuple) else [result]
        except (NoLayer, TypeError, IndexError, KeyError, ValueError) as error:
            self.back(mark)
            why = str(error) if isinstance(error, NoLayer) else tr("It is used in a way that no rule foresees.")
            return list(self._kept(node, operation, why))

    def _lifted(self, rule: Rule, operation: Op) -> Any:
        """What acts place by place acts on the values behind views in the same way."""
        if not any(isinstance(thing, View) for thing in operation.inputs):
            return rule(self, operation)
        given = [torch.tensor(thing.number) if isinstance(thing, Uniform) else thing for thing in operation.inputs]
        operation.inputs, groups = alike(self, given)
        return View(self.value(rule(self, operation)), groups)

    def _folded(self, node: onnx.NodeProto) -> list[Any]:
        if node.op_type == "Constant":
            return [_narrow(_attribute(node.attribute[0]))]
        given = {name: self.known[name].numpy() for name in node.input if name}
        results = ReferenceEvaluator(node).run(None, given)
        return [
            _narrow(torch.from_numpy(result.copy()) if result.shape else torch.tensor(result.item()))
            for result in map(_array, results)
        ]

    def _kept(self, node: onnx.NodeProto, operation: Op, why: str) -> tuple[Value, ...]:
        things = [t.value if isinstance(t, View) else t for t in operation.inputs]
        sources = [self.value(t) for t in things if isinstance(t, Value | Learned | torch.Tensor)]
        made = [self.shapes.get(name, ((BATCH,), "float")) for name in node.output if name]
        options = {k: v for k, v in operation.attributes.items() if not isinstance(v, torch.Tensor)}
        return self.sketch.keep(f"onnx.{node.op_type}", operation.label, sources, options, made, why)


def _array(result: Any) -> Any:
    import numpy as np

    return np.asarray(result)


def _narrow(tensor: Any) -> Any:
    """Numbers as models here hold them."""
    if isinstance(tensor, torch.Tensor) and tensor.dtype in (torch.float64, torch.float16, torch.bfloat16):
        return tensor.float()
    return tensor


def _attribute(attribute: onnx.AttributeProto) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, onnx.TensorProto):
        return torch.from_numpy(numpy_helper.to_array(value).copy())
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, int | float | str):
        return torch.tensor(value) if attribute.name.startswith("value_") else value
    listed = list(value)
    return torch.tensor(listed) if attribute.name.startswith("value_") else listed


def _shape_of(operation: Op) -> torch.Tensor:
    sizes = operation.inputs[0].shape if isinstance(operation.inputs[0], torch.Tensor) else operation.inputs[0].sizes
    start, end = operation.attributes.get("start", 0), operation.attributes.get("end")
    return torch.tensor(list(sizes)[start:end], dtype=torch.int64)


def _holds_batch(tensor: torch.Tensor) -> bool:
    return tensor.dtype == torch.int64 and tensor.numel() < 16 and bool(((tensor != 0) & (tensor % BATCH == 0)).any())


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[tuple[int, ...], str]]:
    """Sizes and kinds by name, for operators that are kept without being understood; open axes count as the batch."""
    try:
        inferred = shape_inference.infer_shapes(model)
    except Exception:  # operators that it does not know; their outputs are then taken as one number a sample
        return {}
    found = {}
    for info in (*inferred.graph.value_info, *inferred.graph.output):
        tensor = info.type.tensor_type
        sizes = tuple(d.dim_value if d.HasField("dim_value") else BATCH for d in tensor.shape.dim)
        found[info.name] = (sizes, KINDS.get(int(tensor.elem_type), "float"))
    return found


def _told(node: onnx.NodeProto, name: str) -> list[str]:
    for entry in node.metadata_props:
        if entry.key == f"pkg.torch.onnx.{name}":
            return QUOTED.findall(entry.value)
    return []


def _scope(node: onnx.NodeProto) -> tuple[Scope, ...]:
    """The submodules that torch notes for each operator; older exports have them in the operator's name."""
    paths, kinds = _told(node, "name_scopes"), _told(node, "class_hierarchy")
    if paths and len(paths) == len(kinds):
        pairs = zip(paths[:-1], kinds[:-1], strict=True)
        return tuple(Scope(path, kind.rpartition(".")[2]) for path, kind in pairs if path)
    parts = node.name.strip("/").split("/")[:-1] if node.name.startswith("/") else []
    return tuple(Scope(".".join(parts[: i + 1]), "Module") for i in range(len(parts)))


def _label(node: onnx.NodeProto) -> str:
    """A name after the weight that it reads, or the submodule that it is in."""
    weights = [name for name in node.input if name.endswith((".weight", ".bias"))]
    scope = _told(node, "name_scopes")[:-1]
    path = weights[0].rpartition(".")[0] if weights else scope[-1] if scope else ""
    parts = path.split(".")
    return "_".join(parts[-2:] if parts[-1].isdigit() else parts[-1:])
