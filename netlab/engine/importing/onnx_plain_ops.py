"""What becomes of the operators of ONNX that compute or rearrange without weights."""

from __future__ import annotations

import math
from typing import Any

import torch

from netlab.engine.importing import layer_rules, math_rules, shape_rules  # noqa: F401 - their rules are used
from netlab.engine.importing.faults import NoLayer
from netlab.engine.importing.math_rules import reduced
from netlab.engine.importing.onnx_ops import pick, stretch
from netlab.engine.importing.onnx_reader import OnnxReader, Op, Uniform, op
from netlab.engine.importing.reader import RULES, Call
from netlab.engine.importing.shape_rules import axis_of, need, stretched
from netlab.engine.importing.sketch import BATCH, Value, View
from netlab.engine.importing.trace import Made
from netlab.engine.importing.views import alone, arranged, reshaped, straight, whole
from netlab.language import tr
from netlab.layers.function import FUNCTIONS

SAME_AS = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Pow": "pow", "Relu": "relu", "Sigmoid": "sigmoid",
    "Tanh": "tanh", "Selu": "selu", "Mish": "mish", "HardSwish": "hardswish", "Softplus": "softplus", "Exp": "exp",
    "Equal": "eq", "Greater": "gt", "Less": "lt", "GreaterOrEqual": "ge", "LessOrEqual": "le", "And": "and_",
    "Not": "invert", "Where": "where",
}  # fmt: skip
"""Operators that are what a function of torch is, argument by argument."""


def _as_torch(name: str) -> Any:
    def rule(r: OnnxReader, o: Op) -> Any:
        inputs = [_number(thing) for thing in o.inputs]
        return RULES[name](r, Call(name, tuple(inputs), {}, None, None, o.label))

    return rule


def _number(thing: Any) -> Any:
    """A constant with one number as that number."""
    return thing.item() if isinstance(thing, torch.Tensor) and thing.numel() == 1 and thing.dim() < 2 else thing


for _type, _name in SAME_AS.items():
    op(_type)(_as_torch(_name))
for _name in FUNCTIONS:
    op(_name.capitalize())(_as_torch(_name))


@op("Where")
def _where(r: OnnxReader, o: Op) -> Any:
    """With −∞ on one side it fills; with a test for what is no number, it puts zeros there."""
    mask, a, b = o.inputs
    if isinstance(mask, NotANumber):
        if not isinstance(a, torch.Tensor) or a.any() or b != mask.value:
            raise NoLayer(tr("It replaces what is no number by something else than 0."))
        return r.add("function", b, function="nan_to_num")
    if isinstance(a, torch.Tensor) and bool((a == float("-inf")).all()) and isinstance(b, Value):
        return r.add("masked_fill", b, mask, infinite=True)
    if isinstance(b, torch.Tensor) and bool((b == float("-inf")).all()) and isinstance(a, Value):
        inverted = ~mask if isinstance(mask, torch.Tensor) else r.add("invert_mask", mask)
        return r.add("masked_fill", a, inverted, infinite=True)
    return r.add(
        "where",
        mask,
        *(thing.reshape(-1) if isinstance(thing, torch.Tensor) and thing.dim() == 0 else thing for thing in (a, b)),
    )


class NotANumber:
    """Where a value is no number; only a Where that puts zeros there can be told."""

    def __init__(self, value: Any) -> None:
        self.value = value


@op("IsNaN")
def _is_nan(r: OnnxReader, o: Op) -> Any:
    return NotANumber(o.given(0))


@op("Identity", "Dropout")
def _identity(r: OnnxReader, o: Op) -> Any:
    return o.given(0) if len(o.outputs) == 1 else (o.given(0), None)


@op("Cast")
def _cast(r: OnnxReader, o: Op) -> Any:
    x = need(o.given(0))
    kind = {1: "float", 10: "float", 11: "float", 16: "float", 6: "int", 7: "int", 9: "bool"}.get(o.attributes["to"])
    if kind == x.shape.dtype:
        return x
    if kind and x.shape.dtype == "bool":  # 0 and 1 are the same numbers, whole or not
        return r.add("where", x, torch.ones(1), torch.zeros(1))
    if kind == "bool":
        return r.add("compare", x, how="not equal", value=0.0)
    raise NoLayer(tr("It turns {before} into {after}.", before=x.shape.dtype, after=kind))


@op("Gelu", "Elu", "LeakyRelu")
def _shaped(r: OnnxReader, o: Op) -> Any:
    x, alpha = need(o.given(0)), o.attributes.get("alpha")
    if o.type == "Gelu":
        return r.add("gelu", x, approximate=o.attributes.get("approximate", "none"))
    if o.type == "LeakyRelu":
        return r.add("leaky_relu", x, negative_slope=round(0.01 if alpha is None else alpha, 7))
    if alpha not in (None, 1.0):
        raise NoLayer(tr("Its alpha is not 1."))
    return r.add("elu", x)


@op("Softmax", "LogSoftmax")
def _softmax(r: OnnxReader, o: Op) -> Any:
    name = "softmax" if o.type == "Softmax" else "log_softmax"
    return RULES[name](r, Call(name, (o.given(0), o.attributes.get("axis", -1)), {}, None, None))


@op("Clip")
def _clip(r: OnnxReader, o: Op) -> Any:
    low, high = (
        _number(o.given(i)) if o.given(i) is not None else o.attributes.get(n) for i, n in ((1, "min"), (2, "max"))
    )
    low, high = (-1e9 if low is None else max(low, -1e9)), (1e9 if high is None else min(high, 1e9))
    return r.add("clamp", need(o.given(0)), min=float(low), max=float(high))


@op("Einsum")
def _einsum(r: OnnxReader, o: Op) -> Any:
    return RULES["einsum"](r, Call("einsum", (o.attributes["equation"], *o.inputs), {}, None, None))


@op("ReduceMean", "ReduceSum", "ReduceMax")
def _reduce(r: OnnxReader, o: Op) -> Any:
    x = need(o.given(0))
    return reduced(r, o.type[6:].lower(), x, o.ints(1, "axes"), bool(o.attributes.get("keepdims", 1)))


@op("Concat")
def _concat(r: OnnxReader, o: Op) -> Any:
    axis, parts = o.attributes["axis"], o.inputs
    if all(isinstance(part, Uniform) for part in parts) and len({part.number for part in parts}) == 1:
        sizes = list(parts[0].sizes)
        sizes[axis] = sum(part.sizes[axis] for part in parts)
        return Uniform(parts[0].number, tuple(sizes))
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, View) for part in parts):
        views = [straight(r, part) for part in parts]
        if any(view.groups != views[0].groups for view in views):
            raise NoLayer(tr("It joins values whose axes lie in different places."))
        values = [view.value for view in views]
        joined = RULES["cat"](r, Call("cat", (values, alone(views[0], axis)), {}, None, None))
        return View(joined, views[0].groups)
    return RULES["cat"](r, Call("cat", (parts, axis), {}, None, None))


@op("Reshape")
def _reshape(r: OnnxReader, o: Op) -> Any:
    x, wanted = o.given(0), o.ints(1, "shape") or []
    sizes = x.sizes
    target = [sizes[i] if size == 0 and not o.attributes.get("allowzero") else size for i, size in enumerate(wanted)]
    if -1 in target:
        target[target.index(-1)] = math.prod(sizes) // -math.prod(target)
    if isinstance(x, Uniform):
        return Uniform(x.number, tuple(target))
    if isinstance(x, View):
        return reshaped(r, x, tuple(target))
    if target and target[0] == 1 and x.has_batch and math.prod(target) * BATCH == math.prod(sizes):
        target[0] = BATCH  # exported for one sample
    return reshaped(r, need(x), tuple(target))


@op("Flatten")
def _flatten(r: OnnxReader, o: Op) -> Any:
    x = need(o.given(0))
    if o.attributes.get("axis", 1) != 1:
        raise NoLayer(tr("It flattens the batch as well."))
    return reshaped(r, x, (BATCH, math.prod(x.sizes[1:])))


@op("Transpose")
def _transpose(r: OnnxReader, o: Op) -> Any:
    x = o.given(0)
    order = o.attributes.get("perm") or list(range(len(x.sizes)))[::-1]
    if isinstance(x, Uniform):
        return Uniform(x.number, tuple(x.sizes[i] for i in order))
    return arranged(r, x if isinstance(x, View) else need(x), order)


@op("Squeeze")
def _squeeze(r: OnnxReader, o: Op) -> Any:
    x = o.given(0)
    axes = o.ints(1, "axes")
    listed = [i for i, s in enumerate(x.sizes) if s == 1] if axes is None else [axis_of(a, len(x.sizes)) for a in axes]
    for axis in sorted(listed, reverse=True):
        if isinstance(x, Uniform):
            x = Uniform(x.number, x.sizes[:axis] + x.sizes[axis + 1 :])
        else:
            x = pick(r, x, axis, 0) if isinstance(x, View) else r.add("squeeze", need(x), axis=axis)
    return x


@op("Unsqueeze")
def _unsqueeze(r: OnnxReader, o: Op) -> Any:
    x = o.given(0)
    rank = len(x.sizes) + len(o.ints(1, "axes") or [])
    for axis in sorted(axis_of(a, rank) for a in o.ints(1, "axes") or []):
        if isinstance(x, Uniform):
            x = Uniform(x.number, (*x.sizes[:axis], 1, *x.sizes[axis:]))
        elif isinstance(x, View) or (axis == 0 and need(x).has_batch):
            x = View(whole(x).value, (*whole(x).groups[:axis], (), *whole(x).groups[axis:]))
        elif axis:
            x = r.add("unsqueeze", need(x), axis=axis)
    return x


@op("Slice")
def _slice(r: OnnxReader, o: Op) -> Any:
    x = o.given(0)
    starts, ends = o.ints(1, "starts") or [], o.ints(2, "ends") or []
    axes = o.ints(3, "axes") or list(range(len(starts)))
    steps = o.ints(4, "steps") or [1] * len(starts)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        x = stretch(r, x, axis, start, min(end, 2**31 - 1), step)
    return x


@op("Split")
def _split(r: OnnxReader, o: Op) -> Any:
    x = need(o.given(0))
    axis = axis_of(o.attributes.get("axis", 0), len(x.sizes))
    widths = o.ints(1, "split") or [x.sizes[axis] // len(o.outputs)] * len(o.outputs)
    made = tuple(Made((*x.sizes[:axis], width, *x.sizes[axis + 1 :]), x.shape.dtype) for width in widths)
    return RULES["split"](r, Call("split", (x, widths, axis), {}, made, None, o.label))


@op("Expand", "Tile", "ConstantOfShape")
def _expand(r: OnnxReader, o: Op) -> Any:
    """A constant or learned tensor for every sample; a value stays as it is where nothing is repeated."""
    if o.type == "ConstantOfShape":
        number = o.attributes.get("value")
        return Uniform(0.0 if number is None else float(number), tuple(o.ints(0, "shape") or []))
    x, wanted = o.given(0), o.ints(1, "shape") or []
    given = tuple(getattr(x, "sizes", ())) or tuple(layer_rules.tensor_of(x).shape)
    padded = (1,) * (len(wanted) - len(given)) + given
    if o.type == "Tile":
        sizes = tuple(a * b for a, b in zip(padded, wanted, strict=True))
    else:
        sizes = tuple(max(a, b) for a, b in zip(padded, wanted, strict=True))
    if sizes == given:
        return x
    if isinstance(x, Uniform) or (isinstance(x, torch.Tensor) and x.numel() and bool((x == x.flatten()[0]).all())):
        return Uniform(x.number if isinstance(x, Uniform) else float(x.flatten()[0]), sizes)
    if isinstance(x, Value) and sizes == (1, *given):
        return View(x, ((), *whole(x).groups))
    if isinstance(x, Value):
        return stretched(r, x, sizes)
    return RULES["expand"](r, Call("expand", (x,), {}, Made(sizes, "float"), None, o.label))


@op("Pad")
def _pad(r: OnnxReader, o: Op) -> Any:
    x, pads = need(o.given(0)), o.ints(1, "pads") or []
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}[o.attributes.get("mode", "constant")]
    half = len(pads) // 2
    if pads[0] or pads[half]:
        raise NoLayer(tr("It pads the batch."))
    sides = [n for axis in range(half - 1, 0, -1) for n in (pads[axis], pads[half + axis])]
    while len(sides) > 2 and sides[-2:] == [0, 0]:
        sides = sides[:-2]
    value = _number(o.given(2)) if o.given(2) is not None else 0.0
    return RULES["pad"](r, Call("pad", (x, sides, mode, value), {}, None, None))
