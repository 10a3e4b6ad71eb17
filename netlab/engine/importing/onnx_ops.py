"""What becomes of the operators of ONNX that hold weights or pool."""

from __future__ import annotations

from typing import Any

import torch

from netlab.engine.importing.faults import NoLayer
from netlab.engine.importing.layer_rules import along_last, tensor_of
from netlab.engine.importing.onnx_reader import OnnxReader, Op, Uniform, op
from netlab.engine.importing.reader import RULES, Call
from netlab.engine.importing.shape_rules import need
from netlab.engine.importing.sketch import Value, View
from netlab.engine.importing.views import alone, settled, straight, without
from netlab.language import tr


def weighed(r: OnnxReader, key: str, x: Any, named: dict[str, Any], o: Op, **options: Any) -> Any:
    """A layer with one input and these weights; None is left out."""
    weights = {name: tensor_of(thing) for name, thing in named.items() if thing is not None}
    return along_last(r, x, lambda value: r.add(key, value, name=o.label, weights=weights, **options), key)


def linear(r: OnnxReader, x: Any, weight: torch.Tensor, bias: Any, o: Op) -> Any:
    """x Wᵀ + b."""
    options = {"out_features": weight.shape[0], "bias": bias is not None}
    return weighed(r, "linear", x, {"weight": weight.contiguous(), "bias": bias}, o, **options)


@op("Gemm")
def _gemm(r: OnnxReader, o: Op) -> Any:
    a, b, c = o.given(0), o.given(1), o.given(2)
    if o.attributes.get("transA") or o.attributes.get("alpha", 1.0) != 1.0 or o.attributes.get("beta", 1.0) != 1.0:
        raise NoLayer(tr("It scales, or turns its input."))
    weight = tensor_of(b)
    if c is not None and tensor_of(c).dim() != 1:
        raise NoLayer(tr("Its offset is no vector."))
    return linear(r, a, weight if o.attributes.get("transB") else weight.t(), c, o)


@op("MatMul")
def _matmul(r: OnnxReader, o: Op) -> Any:
    """With a matrix of weights it is a Linear, and an Add of a vector behind it is that layer's offset."""
    a, b = o.inputs
    if isinstance(a, Value | View) and not isinstance(b, Value | View) and tensor_of(b).dim() == 2:
        weight, out = tensor_of(b).t(), o.outputs[0]
        after = r.readers.get(out)
        if after is not None and after.op_type == "Add" and r.users[out] == 1:
            other = after.input[1] if after.input[0] == out else after.input[0]
            bias = r.known.get(other)
            if isinstance(bias, torch.Tensor) and bias.shape == (weight.shape[0],):
                made = linear(r, a, weight, bias, o)
                r.done[after.output[0]] = made
                return made
        return linear(r, a, weight, None, o)
    return RULES["matmul"](r, Call("matmul", (a, b), {}, None, None))


def _square(pads: list[int] | None, dims: int) -> list[int]:
    """The padding on each side, if it is the same on both."""
    pads = pads or [0] * (2 * dims)
    if pads[:dims] != pads[dims:]:
        raise NoLayer(tr("It pads more on one side than on the other."))
    return pads[:dims]


def _window(o: Op, kernel: list[int], dims: int) -> dict[str, Any]:
    given = o.attributes
    if given.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID", ""):
        odd = all(k % 2 for k in kernel) and set(given.get("strides", [1])) == {1}
        if not odd:
            raise NoLayer(tr("It pads by itself."))
        given = given | {
            "pads": [d * (k - 1) // 2 for k, d in zip(kernel, given.get("dilations", [1] * dims), strict=True)] * 2
        }
    found = {"kernel_size": kernel, "stride": given.get("strides", [1] * dims)}
    found |= {"padding": _square(given.get("pads"), dims), "dilation": given.get("dilations", [1] * dims)}
    return {name: value[0] if dims == 1 else value for name, value in found.items()}


@op("Conv")
def _conv(r: OnnxReader, o: Op) -> Any:
    weight, bias = tensor_of(o.given(1)), o.given(2)
    dims = weight.dim() - 2
    x = o.given(0)
    pads = o.attributes.get("pads")
    if dims == 2 and pads and pads[:2] != pads[2:]:
        x = r.add("zero_pad2d", need(x), padding=[pads[1], pads[3], pads[0], pads[2]], mode="zeros")
        o.attributes = o.attributes | {"pads": [0] * 4}
    options = {"out_channels": weight.shape[0], "groups": o.attributes.get("group", 1), "bias": bias is not None}
    window = _window(o, list(weight.shape[2:]), dims)
    return weighed(r, f"conv{dims}d", x, {"weight": weight, "bias": bias}, o, **options, **window)


@op("ConvTranspose")
def _conv_transpose(r: OnnxReader, o: Op) -> Any:
    weight, bias, groups = tensor_of(o.given(1)), o.given(2), o.attributes.get("group", 1)
    dims = weight.dim() - 2
    if o.attributes.get("output_shape"):
        raise NoLayer(tr("It asks for a size."))
    extra = o.attributes.get("output_padding", [0] * dims)
    options = {"out_channels": weight.shape[1] * groups, "groups": groups, "bias": bias is not None}
    options["output_padding"] = extra[0] if dims == 1 else extra
    window = _window(o, list(weight.shape[2:]), dims)
    return weighed(r, f"conv_transpose{dims}d", o.given(0), {"weight": weight, "bias": bias}, o, **options, **window)


@op("BatchNormalization")
def _batch_norm(r: OnnxReader, o: Op) -> Any:
    x = need(o.given(0))
    named: dict[str, Any] = {}
    named |= zip(("weight", "bias", "running_mean", "running_var"), o.inputs[1:5], strict=True)
    named["num_batches_tracked"] = torch.zeros((), dtype=torch.int64)
    momentum = round(1 - o.attributes.get("momentum", 0.9), 6)
    options = {"eps": round(o.attributes.get("epsilon", 1e-5), 12), "momentum": momentum}
    return weighed(r, f"batch_norm{max(len(x.sizes) - 2, 1)}d", x, named, o, affine=True, **options)


@op("LayerNormalization")
def _layer_norm(r: OnnxReader, o: Op) -> Any:
    x = o.given(0)
    if o.attributes.get("axis", -1) not in (-1, len(x.sizes) - 1):
        raise NoLayer(tr("It normalises several axes at once."))
    scale = tensor_of(o.given(1))
    bias = o.given(2) if o.given(2) is not None else torch.zeros_like(scale)
    eps = round(o.attributes.get("epsilon", 1e-5), 12)
    return weighed(r, "layer_norm", x, {"weight": scale, "bias": bias}, o, eps=eps, affine=True)


@op("GroupNormalization")
def _group_norm(r: OnnxReader, o: Op) -> Any:
    named = {"weight": o.given(1), "bias": o.given(2)}
    options = {"num_groups": o.attributes["num_groups"], "eps": round(o.attributes.get("epsilon", 1e-5), 12)}
    return weighed(r, "group_norm", o.given(0), named, o, affine=True, **options)


@op("MaxPool", "AveragePool")
def _pool(r: OnnxReader, o: Op) -> Any:
    kernel = o.attributes["kernel_shape"]
    dims, largest = len(kernel), o.type == "MaxPool"
    window = _window(o, kernel, dims)
    spread = window.pop("dilation")
    padded = window["padding"] not in (0, [0] * dims)
    if o.attributes.get("ceil_mode") or set(spread if dims > 1 else [spread]) != {1}:
        raise NoLayer(tr("Its windows are spread, or hang over the border."))
    if not largest and padded and not o.attributes.get("count_include_pad"):
        raise NoLayer(tr("It does not count the border."))
    return r.add(f"{'max' if largest else 'avg'}_pool{dims}d", need(o.given(0)), **window)


@op("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(r: OnnxReader, o: Op) -> Any:
    key = "adaptive_avg_pool2d" if o.type == "GlobalAveragePool" else "adaptive_max_pool2d"
    return r.add(key, need(o.given(0)), output_size=[1, 1])


@op("Resize", "Upsample")
def _resize(r: OnnxReader, o: Op) -> Any:
    x, given = need(o.given(0)), o.attributes
    mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[given.get("mode", "nearest")]
    scales, sizes = o.given(2 if o.type == "Resize" else 1), o.given(3)
    if sizes is not None:
        factors = {int(sizes[i]) / x.sizes[i] for i in (2, 3)}
    else:
        factors = {float(scale) for scale in scales[2:]}
    how = given.get("coordinate_transformation_mode", "half_pixel")
    wanted = ("asymmetric",) if mode == "nearest" else ("half_pixel", "pytorch_half_pixel")
    if len(factors) != 1 or how not in wanted:
        raise NoLayer(tr("It takes its pixels from other places than Upsample does."))
    return r.add("upsample", x, scale_factor=factors.pop(), mode=mode)


GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where ONNX keeps the gates that torch has in this order: LSTM i f g o, GRU r z n."""


@op("LSTM", "GRU", "RNN")
def _recurrent(r: OnnxReader, o: Op) -> Any:
    """Time comes first there; the layer wants the batch first, so that the turns around it fall away."""
    x = straight(r, o.given(0)) if isinstance(o.given(0), View) else None
    if x is None or x.groups != ((1,), (0,), (2,)) or o.attributes.get("layout"):
        raise NoLayer(tr("It is not fed by a sequence with time first."))
    hidden, ways = (
        o.attributes["hidden_size"],
        {"forward": 1, "bidirectional": 2}[o.attributes.get("direction", "forward")],
    )
    if o.type == "GRU" and not o.attributes.get("linear_before_reset"):
        raise NoLayer(tr("Its reset gate acts before the product, unlike that of torch."))
    states = {"h0": _first_state(r, o.given(5), ways)}
    states |= {"c0": _first_state(r, o.given(6), ways)} if o.type == "LSTM" else {}
    weights: dict[str, torch.Tensor] = {}
    for way, end in enumerate(("", "_reverse")[:ways]):
        parts = (("weight_ih", o.given(1)), ("weight_hh", o.given(2)))
        for name, tensor in parts:
            weights[f"{name}_l0{end}"] = _gates(tensor_of(tensor)[way], o.type)
        both = tensor_of(o.given(3))[way] if o.given(3) is not None else torch.zeros(2 * len(GATES[o.type]) * hidden)
        for name, half in zip(("bias_ih", "bias_hh"), both.chunk(2), strict=True):
            weights[f"{name}_l0{end}"] = _gates(half, o.type)
    options = {"hidden_size": hidden, "bidirectional": ways == 2}
    made = r.sketch.add(o.type.lower(), {"x": x.value} | states, name=o.label, weights=weights, **options)
    split = [r.add("unflatten", value, sizes=[ways, hidden]) for value in made]
    return (View(split[0], ((1,), (2,), (0,), (3,))), *(View(state, ((1,), (0,), (2,))) for state in split[1:]))


def _first_state(r: OnnxReader, state: Any, ways: int) -> Value | None:
    """The state that it begins with, None for zeros."""
    if state is None or (isinstance(state, Uniform) and not state.number):
        return None
    if isinstance(state, torch.Tensor) and not state.any():
        return None
    if ways == 1 and isinstance(state, View) and state.sizes[0] == 1:
        return need(pick(r, state, 0, 0))
    raise NoLayer(tr("It begins with given states for both directions."))


def _gates(tensor: torch.Tensor, kind: str) -> torch.Tensor:
    """Rows in the order of torch."""
    parts = tensor.chunk(len(GATES[kind]))
    return torch.cat([parts[i] for i in GATES[kind]])


@op("Gather")
def _gather(r: OnnxReader, o: Op) -> Any:
    """Rows of a table by indices is an Embedding; one place of an axis is a Select."""
    data, index = o.inputs
    axis = o.attributes.get("axis", 0)
    if not isinstance(data, Value | View):
        table = tensor_of(data)
        if axis or table.dim() != 2:
            raise NoLayer(tr("It looks up something else than rows of a table."))
        options = {"num_embeddings": table.shape[0], "embedding_dim": table.shape[1]}
        return r.add("embedding", r.value(index), name=o.label, weights={"weight": table}, **options)
    if not isinstance(index, torch.Tensor) or index.dim() > 1:
        raise NoLayer(tr("It picks places by a tensor."))
    if index.dim() == 0:
        return pick(r, data, axis, int(index))
    places = index.tolist()
    if places != list(range(places[0], places[0] + len(places))):
        raise NoLayer(tr("It picks places that do not follow each other."))
    return stretch(r, data, axis, places[0], places[-1] + 1, 1)


def pick(r: OnnxReader, x: Any, axis: int, index: int) -> Any:
    """One place of an axis."""
    if isinstance(x, View):
        if not x.groups[axis] and index in (0, -1):
            return settled(r, View(x.value, tuple(g for i, g in enumerate(x.groups) if i != axis % len(x.groups))))
        value = r.add("select", x.value, axis=alone(x, axis), index=index)
        return settled(r, without(x, axis, value))
    return r.add("select", need(x), axis=axis, index=index)


def stretch(r: OnnxReader, x: Any, axis: int, start: int, stop: int, step: int) -> Any:
    """Some places of an axis."""
    from netlab.engine.importing.shape_rules import cut

    if isinstance(x, View):
        if range(x.sizes[axis])[start:stop:step] == range(x.sizes[axis]):
            return x
        return View(cut(r, x.value, alone(x, axis), start, stop, step), x.groups)
    if isinstance(x, Uniform):
        sizes = list(x.sizes)
        sizes[axis] = len(range(*slice(start, stop, step).indices(sizes[axis])))
        return Uniform(x.number, tuple(sizes))
    return cut(r, need(x), axis % len(x.sizes), start, stop, step)
