"""What becomes of arithmetic, activations and reductions."""

from __future__ import annotations

import math
from typing import Any

import torch

from netlab.engine.importing.faults import NoLayer
from netlab.engine.importing.reader import Call, Reader, rule
from netlab.engine.importing.shape_rules import axis_of, need
from netlab.engine.importing.sketch import Value, View
from netlab.engine.importing.views import alone, straight
from netlab.language import tr
from netlab.layers.function import FUNCTIONS

Number = int | float


def _alone(x: Any) -> float | None:
    """The one number that something is, None if it is more."""
    if isinstance(x, Number):
        return float(x)
    if isinstance(x, torch.Tensor) and x.numel() == 1 and x.dim() == 0 and x.is_floating_point():
        return float(x.item())
    return None


@rule("add", "__add__", "radd", "__radd__")
def _add(r: Reader, c: Call) -> Any:
    a, b = c.args[:2]
    if c.kwargs.get("alpha", 1) != 1:
        b = r.add("scale", b, factor=float(c.kwargs["alpha"]))
    return a if _alone(b) == 0 else r.add("add", a, b)


@rule("sub", "subtract", "__sub__")
def _sub(r: Reader, c: Call) -> Any:
    if c.kwargs.get("alpha", 1) != 1:
        raise NoLayer(tr("It subtracts a multiple."))
    return r.add("subtract", *c.args[:2])


@rule("rsub", "__rsub__")
def _rsub(r: Reader, c: Call) -> Any:
    return r.add("subtract", c.args[1], c.args[0])


@rule("mul", "multiply", "__mul__", "__rmul__")
def _mul(r: Reader, c: Call) -> Any:
    a, b = c.args[:2]
    if _alone(a) is not None:
        a, b = b, a
    factor = _alone(b)
    if factor is None or abs(factor) > 1e6:
        return r.add("multiply", a, b)
    return a if factor == 1 else r.add("scale", a, factor=factor)


@rule("div", "truediv", "divide", "true_divide", "__truediv__")
def _div(r: Reader, c: Call) -> Any:
    if c.kwargs.get("rounding_mode"):
        raise NoLayer(tr("It divides and rounds."))
    a, b = c.args[:2]
    divisor = _alone(b)
    if divisor and math.frexp(divisor)[0] == 0.5 and abs(divisor) >= 1e-6:  # a power of two: its inverse is exact
        return r.add("scale", a, factor=1 / divisor)
    return r.add("divide", a, b)


@rule("matmul", "bmm", "mm", "__matmul__")
def _matmul(r: Reader, c: Call) -> Any:
    a, b = c.args[:2]
    if isinstance(a, View) and isinstance(b, View):
        a, b = straight(r, a), straight(r, b)
        if a.groups != b.groups or len(a.groups) < 3 or not all(alone(a, axis) for axis in (-2, -1)):
            raise NoLayer(tr("It multiplies matrices whose batch lies in different places."))
        return View(r.add("matmul", a.value, b.value, transpose_b=False), a.groups)
    return r.add("matmul", a, b, transpose_b=False)


@rule("einsum")
def _einsum(r: Reader, c: Call) -> Any:
    """Products of two values whose outer axes stay as they are: batch, then rows, then what is summed."""
    equation, *operands = c.args
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = list(operands[0])
    left, _, out = equation.replace(" ", "").partition("->")
    names = left.split(",")
    if len(names) != 2 or len(operands) != 2 or "." in equation:
        raise NoLayer(tr("The einsum {equation} is no product of two matrices.", equation=equation))
    (a, b), front = names, ""
    while len(front) < len(out) and a[: len(front) + 1] == b[: len(front) + 1] == out[: len(front) + 1]:
        front = out[: len(front) + 1]
    rows, columns, product = a[len(front) :], b[len(front) :], out[len(front) :]
    if len(rows) == len(columns) == len(product) == 2 and rows[0] == product[0]:
        if rows[1] == columns[0] and columns[1] == product[1]:
            return r.add("matmul", *operands, transpose_b=False)
        if rows[1] == columns[1] and columns[0] == product[1]:
            return r.add("matmul", *operands, transpose_b=True)
    if len(columns) == len(b) == 2 and a[-1] == b[0] and out == a[:-1] + b[1]:
        return r.add("matmul", *operands, transpose_b=False)
    raise NoLayer(tr("The einsum {equation} is no product of two matrices.", equation=equation))


def _plain_rule(key: str) -> Any:
    return lambda r, c: r.add(key, c.arg(0, "input"))


for _name in "relu silu mish selu tanh sigmoid hardswish".split():
    rule(_name)(_plain_rule(_name))
rule("exp")(_plain_rule("exponential"))


def _function_rule(name: str) -> Any:
    return lambda r, c: r.add("function", c.args[0], function=name)


for _name in FUNCTIONS:
    rule(_name)(_function_rule(_name))


@rule("gelu")
def _gelu(r: Reader, c: Call) -> Any:
    return r.add("gelu", c.arg(0, "input"), approximate=c.kwargs.get("approximate", c.arg(1, "approximate", "none")))


@rule("leaky_relu")
def _leaky(r: Reader, c: Call) -> Any:
    return r.add("leaky_relu", c.arg(0, "input"), negative_slope=c.arg(1, "negative_slope", 0.01))


@rule("elu")
def _elu(r: Reader, c: Call) -> Any:
    if c.arg(1, "alpha", 1.0) != 1.0:
        raise NoLayer(tr("Its alpha is not 1."))
    return r.add("elu", c.arg(0, "input"))


@rule("softplus")
def _softplus(r: Reader, c: Call) -> Any:
    if (c.arg(1, "beta", 1), c.arg(2, "threshold", 20)) != (1, 20):
        raise NoLayer(tr("Its beta is not 1."))
    return r.add("softplus", c.arg(0, "input"))


@rule("glu")
def _glu(r: Reader, c: Call) -> Any:
    x = need(c.arg(0, "input"))
    if axis_of(c.arg(1, "dim", -1), len(x.sizes)) != len(x.sizes) - 1:
        raise NoLayer(tr("It gates along another axis than the last."))
    return r.add("glu", x)


@rule("softmax", "_softmax", "special_softmax")
def _softmax(r: Reader, c: Call) -> Any:
    x, axis = c.arg(0, "input"), c.arg(1, "dim", -1)
    if isinstance(x, View):
        x = straight(r, x)
        return View(r.add("softmax", x.value, axis=alone(x, axis)), x.groups)
    return r.add("softmax", x, axis=axis)


@rule("log_softmax", "_log_softmax", "special_log_softmax")
def _log_softmax(r: Reader, c: Call) -> Any:
    x = need(c.arg(0, "input"))
    if axis_of(c.arg(1, "dim", -1), len(x.sizes)) == len(x.sizes) - 1:
        return r.add("log_softmax", x)
    return r.add("function", r.add("softmax", x, axis=c.arg(1, "dim")), function="log")


@rule("clamp", "hardtanh", "clip", "relu6", "clamp_min", "clamp_max")
def _clamp(r: Reader, c: Call) -> Any:
    low, high = {"relu6": (0.0, 6.0), "hardtanh": (-1.0, 1.0)}.get(c.name, (None, None))
    if c.name != "relu6":
        low, high = c.arg(1, "min", c.kwargs.get("min_val", low)), c.arg(2, "max", c.kwargs.get("max_val", high))
    if c.name == "clamp_max":
        low, high = None, c.args[1]
    return r.add("clamp", c.args[0], min=-1e9 if low is None else float(low), max=1e9 if high is None else float(high))


@rule("pow", "__pow__")
def _pow(r: Reader, c: Call) -> Any:
    exponent = _alone(c.args[1])
    if exponent is None:
        raise NoLayer(tr("The power is no number."))
    return r.add("power", c.args[0], exponent=exponent)


def reduced(r: Reader, key: str, x: Value, dims: Any, keepdim: bool) -> Value:
    """Reduce over one axis after the other, the last first."""
    listed = [dims] if isinstance(dims, int) else list(range(len(x.sizes)) if dims is None else dims)
    axes = sorted((axis_of(dim, len(x.sizes)) for dim in listed), reverse=True)
    if 0 in axes:
        raise NoLayer(tr("It reduces over the batch."))
    if len(x.sizes) > 2 and axes[::-1] == list(range(2, len(x.sizes))) and not keepdim and key in ("mean", "max"):
        return r.add("global_avg_pool" if key == "mean" else "global_max_pool", x)
    for axis in axes:
        x = r.add(key, x, axis=axis, keepdim=keepdim)
    return x


@rule("mean")
def _mean(r: Reader, c: Call) -> Any:
    return reduced(r, "mean", need(c.args[0]), c.arg(1, "dim"), bool(c.arg(2, "keepdim", False)))


@rule("sum")
def _sum(r: Reader, c: Call) -> Any:
    return reduced(r, "sum", need(c.args[0]), c.arg(1, "dim"), bool(c.arg(2, "keepdim", False)))


@rule("amax")
def _amax(r: Reader, c: Call) -> Any:
    return reduced(r, "max", need(c.args[0]), c.arg(1, "dim"), bool(c.arg(2, "keepdim", False)))


@rule("max")
def _max(r: Reader, c: Call) -> Any:
    if not isinstance(c.arg(1, "dim"), int):
        raise NoLayer(tr("It takes the largest of two values."))
    return (reduced(r, "max", need(c.args[0]), c.arg(1, "dim"), bool(c.arg(2, "keepdim", False))), None)


COMPARED = {"eq": "equal", "ne": "not equal", "lt": "below", "le": "at most", "gt": "above", "ge": "at least"}


def _compare_rule(how: str) -> Any:
    def compare(r: Reader, c: Call) -> Any:
        value = _alone(c.args[1])
        if value is None and isinstance(c.args[1], torch.Tensor) and c.args[1].numel() == 1:
            value = float(c.args[1].item())
        if value is None:
            raise NoLayer(tr("It compares two tensors."))
        return r.add("compare", c.args[0], how=how, value=value)

    return compare


for _name, _how in COMPARED.items():
    rule(_name)(_compare_rule(_how))


@rule("masked_fill")
def _masked_fill(r: Reader, c: Call) -> Any:
    value = c.arg(2, "value")
    value = float(value.item() if isinstance(value, torch.Tensor) else value)
    infinite = value == float("-inf")
    return r.add("masked_fill", c.args[0], c.arg(1, "mask"), infinite=infinite, value=0.0 if infinite else value)


@rule("where")
def _where(r: Reader, c: Call) -> Any:
    return r.add("where", *c.args[:3])


@rule("and_", "logical_and", "bitwise_and", "__and__")
def _both(r: Reader, c: Call) -> Any:
    return r.add("combine_masks", *c.args[:2])


@rule("invert", "logical_not", "bitwise_not", "__invert__")
def _inverted(r: Reader, c: Call) -> Any:
    return r.add("invert_mask", c.args[0])


@rule("cumsum", "triu", "tril", "arange")
def _not_folded(r: Reader, c: Call) -> Any:
    raise NoLayer(tr("{name} of a value is no layer; of constants it would have been worked out.", name=c.name))
