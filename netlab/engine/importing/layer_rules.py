"""What becomes of calls with weights, of pooling and attention, and of whole modules."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

from netlab.engine.importing.faults import NoLayer
from netlab.engine.importing.modules import layer_of, options_of
from netlab.engine.importing.reader import Call, Reader, module_rule, rule
from netlab.engine.importing.shape_rules import Stacked, need
from netlab.engine.importing.sketch import Learned, Value, View
from netlab.engine.importing.views import alone, reshaped, straight
from netlab.language import tr
from netlab.layers.layer import catalogue


def tensor_of(thing: Any) -> torch.Tensor:
    """The numbers of a learned tensor or a constant."""
    if isinstance(thing, Learned):
        return thing.tensor
    if isinstance(thing, torch.Tensor):
        return thing
    raise NoLayer(tr("Its weights depend on the input."))


def weighed(r: Reader, key: str, x: Any, named: Mapping[str, Any], c: Call, **options: Any) -> Any:
    """A layer with one input and these weights; None is left out."""
    weights = {name: tensor_of(thing) for name, thing in named.items() if thing is not None}
    return along_last(r, x, lambda value: r.add(key, value, name=c.label, weights=weights, **options), key)


def along_last(r: Reader, x: Any, layer: Callable[[Value], Value], key: str) -> Any:
    """A layer of a value, or of a view if it only looks along the last axis."""
    if not isinstance(x, View) or key not in ("linear", "layer_norm"):
        return layer(need(x))
    x = straight(r, x)
    if alone(x, -1) != len(x.value.sizes) - 1:
        raise NoLayer(tr("The axis along which it looks is not the last."))
    return View(layer(x.value), x.groups)


@rule("linear")
def _linear(r: Reader, c: Call) -> Any:
    weight, bias = tensor_of(c.arg(1, "weight")), c.arg(2, "bias")
    options = {"out_features": weight.shape[0], "bias": bias is not None}
    return weighed(r, "linear", c.arg(0, "input"), {"weight": weight, "bias": bias}, c, **options)


@rule("addmm")
def _addmm(r: Reader, c: Call) -> Any:
    bias, x, weight = c.args[:3]
    turned = tensor_of(weight).t().contiguous()
    options = {"out_features": turned.shape[0], "bias": True}
    return weighed(r, "linear", x, {"weight": turned, "bias": bias}, c, **options)


def _each(value: Any, dims: int) -> list[int]:
    listed = list(value) if isinstance(value, tuple | list) else [value]
    return listed * dims if len(listed) == 1 else listed


def _for_axes(options: dict[str, Any], dims: int) -> dict[str, Any]:
    """Sizes as the layer takes them: one number for one axis, else a list."""
    return {name: value[0] if dims == 1 else value for name, value in options.items()}


@rule("conv1d", "conv2d", "conv3d")
def _conv(r: Reader, c: Call) -> Any:
    dims = int(c.name[4])
    weight, bias = tensor_of(c.arg(1, "weight")), c.arg(2, "bias")
    kernel, dilation = list(weight.shape[2:]), _each(c.arg(5, "dilation", 1), dims)
    padding = c.arg(4, "padding", 0)
    if isinstance(padding, str):
        padding = [d * (k - 1) // 2 if padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)]
    sizes = {"kernel_size": kernel, "stride": _each(c.arg(3, "stride", 1), dims)}
    sizes |= {"padding": _each(padding, dims), "dilation": dilation}
    options = {"out_channels": weight.shape[0], "groups": c.arg(6, "groups", 1), "bias": bias is not None}
    named = {"weight": weight, "bias": bias}
    return weighed(r, c.name, c.arg(0, "input"), named, c, **options, **_for_axes(sizes, dims))


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _conv_transpose(r: Reader, c: Call) -> Any:
    dims = int(c.name.rstrip("d")[-1])
    weight, bias = tensor_of(c.arg(1, "weight")), c.arg(2, "bias")
    groups = c.arg(6, "groups", 1)
    sizes = {"kernel_size": list(weight.shape[2:]), "stride": _each(c.arg(3, "stride", 1), dims)}
    sizes |= {"padding": _each(c.arg(4, "padding", 0), dims), "dilation": _each(c.arg(7, "dilation", 1), dims)}
    sizes |= {"output_padding": _each(c.arg(5, "output_padding", 0), dims)}
    options = {"out_channels": weight.shape[1] * groups, "groups": groups, "bias": bias is not None}
    named = {"weight": weight, "bias": bias}
    return weighed(r, f"conv_transpose{dims}d", c.arg(0, "input"), named, c, **options, **_for_axes(sizes, dims))


@rule("embedding")
def _embedding(r: Reader, c: Call) -> Any:
    """Python's order is index, weight; aten's is weight, index."""
    index, weight = c.arg(0, "input"), c.arg(1, "weight")
    if isinstance(c.target, torch._ops.OpOverload):
        index, weight = weight, index
    table = tensor_of(weight)
    options = {"num_embeddings": table.shape[0], "embedding_dim": table.shape[1]}
    return r.add("embedding", r.value(index), name=c.label, weights={"weight": table}, **options)


@rule("layer_norm")
def _layer_norm(r: Reader, c: Call) -> Any:
    if len(c.arg(1, "normalized_shape")) != 1:
        raise NoLayer(tr("It normalises several axes at once."))
    named = {"weight": c.arg(2, "weight"), "bias": c.arg(3, "bias")}
    if (named["weight"] is None) != (named["bias"] is None):
        named["bias"] = torch.zeros_like(tensor_of(named["weight"]))
        name = c.label or tr("A layer norm")
        r.sketch.notes.append(tr("{name} has no offset; here it has one that begins at zero.", name=name))
    affine = named["weight"] is not None
    return weighed(r, "layer_norm", c.arg(0, "input"), named, c, eps=c.arg(4, "eps", 1e-5), affine=affine)


@rule("rms_norm")
def _rms_norm(r: Reader, c: Call) -> Any:
    eps = c.arg(3, "eps")
    given = {} if eps is None else {"eps": eps}
    return weighed(r, "rms_norm", c.arg(0, "input"), {"weight": c.arg(2, "weight")}, c, **given)


@rule("group_norm")
def _group_norm(r: Reader, c: Call) -> Any:
    named = {"weight": c.arg(2, "weight"), "bias": c.arg(3, "bias")}
    options = {"num_groups": c.arg(1, "num_groups"), "eps": c.arg(4, "eps", 1e-5)}
    return weighed(r, "group_norm", c.arg(0, "input"), named, c, affine=named["weight"] is not None, **options)


@rule("batch_norm")
def _batch_norm(r: Reader, c: Call) -> Any:
    x = need(c.arg(0, "input"))
    if isinstance(c.target, torch._ops.OpOverload):
        weight, bias, mean, var = c.args[1:5]
        momentum, eps = c.arg(6, "momentum", 0.1), c.arg(7, "eps", 1e-5)
    else:
        mean, var, weight, bias = (
            c.arg(i + 1, n) for i, n in enumerate(("running_mean", "running_var", "weight", "bias"))
        )
        momentum, eps = c.arg(6, "momentum", 0.1), c.arg(7, "eps", 1e-5)
    if mean is None:
        raise NoLayer(tr("It keeps no running means."))
    named = {"weight": weight, "bias": bias, "running_mean": mean, "running_var": var}
    named["num_batches_tracked"] = torch.zeros((), dtype=torch.int64)
    dims = max(len(x.sizes) - 2, 1)
    options = {"eps": eps, "momentum": momentum, "affine": weight is not None}
    return weighed(r, f"batch_norm{dims}d", x, named, c, **options)


@rule("dropout", "feature_dropout", "dropout2d", "alpha_dropout", "feature_alpha_dropout")
def _dropout(r: Reader, c: Call) -> Any:
    share, aten = c.arg(1, "p", 0.5), isinstance(c.target, torch._ops.OpOverload)
    if not share or not (aten or c.arg(2, "training", True)):
        return c.args[0]
    key = {"feature_dropout": "dropout2d"}.get(c.name, c.name)
    return r.add(key, need(c.arg(0, "input")), p=float(share))


@rule("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d")
def _pool(r: Reader, c: Call) -> Any:
    dims, largest = int(c.name[8]), c.name.startswith("max")
    kernel = _each(c.arg(1, "kernel_size"), dims)
    sizes = {"kernel_size": kernel, "stride": _each(c.arg(2, "stride") or kernel, dims)}
    sizes["padding"] = _each(c.arg(3, "padding", 0), dims)
    odd = set(_each(c.arg(4, "dilation", 1), dims)) != {1} if largest else not c.arg(5, "count_include_pad", True)
    if odd or (not largest and c.arg(6, "divisor_override")):
        raise NoLayer(tr("Its windows are spread, or it does not count the border."))
    return r.add(c.name, need(c.arg(0, "input")), **_for_axes(sizes, dims))


@rule("adaptive_avg_pool2d", "adaptive_max_pool2d", "adaptive_avg_pool1d")
def _adaptive(r: Reader, c: Call) -> Any:
    x = need(c.arg(0, "input"))
    if c.name == "adaptive_avg_pool1d":
        if c.sizes[-1] != 1:
            raise NoLayer(tr("There is no adaptive pooling of signals."))
        return r.add("mean", x, axis=-1, keepdim=True)
    return r.add(c.name, x, output_size=list(c.sizes[2:]))


@rule("interpolate", "upsample", "upsample_nearest2d", "upsample_bilinear2d", "upsample_bicubic2d")
def _interpolate(r: Reader, c: Call) -> Any:
    x = need(c.args[0])
    named = c.name.removeprefix("upsample_").removesuffix("2d")
    mode = named if named in ("nearest", "bilinear", "bicubic") else c.arg(3, "mode", "nearest")
    align = c.arg(2, "align_corners") if named in ("bilinear", "bicubic") else c.kwargs.get("align_corners")
    if align:
        raise NoLayer(tr("It lines up the corners."))
    return r.add("upsample", x, scale_factor=c.sizes[2] // x.sizes[2], mode=mode)


@rule("pixel_shuffle", "pixel_unshuffle")
def _pixels(r: Reader, c: Call) -> Any:
    options: dict[str, Any] = {next(iter(catalogue()[c.name].options())): c.args[1]}
    return r.add(c.name, need(c.args[0]), **options)


@rule("prelu")
def _prelu(r: Reader, c: Call) -> Any:
    x, weight = need(c.args[0]), tensor_of(c.args[1])
    given: dict[str, Any] = {name: weight.numel() for name in catalogue()["prelu"].options() if "num" in name}
    return weighed(r, "prelu", x, {"weight": weight}, c, **given)


@rule("one_hot")
def _one_hot(r: Reader, c: Call) -> Any:
    options: dict[str, Any] = {next(iter(catalogue()["one_hot"].options())): c.sizes[-1]}
    return r.add("one_hot", need(c.args[0]), **options)


@rule("scaled_dot_product_attention")
def _attention(r: Reader, c: Call) -> Any:
    q, k, v = (need(thing) for thing in c.args[:3])
    mask, dropout, causal = c.arg(3, "attn_mask"), c.arg(4, "dropout_p", 0.0), c.arg(5, "is_causal", False)
    scale, width = c.arg(6, "scale"), q.sizes[-1]
    if c.arg(7, "enable_gqa", False):
        raise NoLayer(tr("Several heads share their keys."))
    if scale is not None and not math.isclose(scale, width**-0.5):
        q = r.add("scale", q, factor=float(scale) * width**0.5)
    options = {"causal": bool(causal), "dropout": float(dropout)}
    wired = None if mask is None else r.value(mask)
    if wired is None or wired.shape.dtype == "bool":
        return r.add("scaled_dot_product_attention", q, k, v, wired, **options)
    scores = r.add("matmul", q, k, transpose_b=True)
    scores = r.add("scale", scores, divide_by_sqrt_of_last=False, factor=width**-0.5)
    shares = r.add("softmax", r.add("add", scores, wired), axis=-1)
    shares = r.add("dropout", shares, p=float(dropout)) if dropout else shares
    return r.add("matmul", shares, v, transpose_b=False)


@module_rule("*")
def _module(r: Reader, c: Call) -> Any:
    """A module that has a layer: its attributes are the options, its state the weights."""
    assert c.module is not None
    key = layer_of(c.module)
    if key is None:
        raise NoLayer(tr("There is no layer for {name} as it is set here.", name=type(c.module).__name__))
    cls = catalogue()[key]
    weights = {name: tensor.detach() for name, tensor in c.module.state_dict(keep_vars=True).items()}
    made = r.sketch.add(
        key, _ports(r, c, list(cls.inputs())), name=c.label, weights=weights, **options_of(cls, c.module)
    )
    return made[0] if len(made) == 1 else _structured(c.made, made)


def _ports(r: Reader, c: Call, ports: list[str]) -> dict[str, Value | None]:
    """Arguments by port: by the names of `forward` where these are the ports, else in order."""
    import inspect

    assert c.module is not None
    names = list(inspect.signature(c.module.forward).parameters)
    given: dict[str, Any] = dict(zip(names, c.args, strict=False)) | c.kwargs
    if not set(given) <= set(ports):
        given = dict(zip(ports, c.args, strict=False)) | {k: v for k, v in c.kwargs.items() if k in ports}
    return {port: None if thing is None else r.value(thing) for port, thing in given.items()}


def _structured(made: Any, values: tuple[Value, ...]) -> Any:
    """Outputs in the nested tuples that the module returns."""
    waiting = iter(values)

    def fill(part: Any) -> Any:
        return tuple(fill(item) for item in part) if isinstance(part, tuple) else next(waiting)

    return fill(made)


@module_rule("Identity")
def _identity(r: Reader, c: Call) -> Any:
    return c.args[0]


@module_rule("Dropout", "Dropout2d", "AlphaDropout")
def _dropout_module(r: Reader, c: Call) -> Any:
    return c.args[0] if not c.module.p else _module(r, c)  # type: ignore[union-attr]


@module_rule("Flatten", "Unflatten")
def _flatten_module(r: Reader, c: Call) -> Any:
    return reshaped(r, need(c.args[0]), c.sizes)


@module_rule("ReLU6", "Hardtanh")
def _relu6_module(r: Reader, c: Call) -> Any:
    module: Any = c.module
    return r.add("clamp", need(c.args[0]), min=float(module.min_val), max=float(module.max_val))


@module_rule("AdaptiveAvgPool1d")
def _adaptive_module(r: Reader, c: Call) -> Any:
    if c.sizes[-1] != 1:
        raise NoLayer(tr("There is no adaptive pooling of signals."))
    return r.add("mean", need(c.args[0]), axis=-1, keepdim=True)


@module_rule("Softmax", "LogSoftmax")
def _softmax_module(r: Reader, c: Call) -> Any:
    module: Any = c.module
    key = "softmax" if type(module).__name__ == "Softmax" else "log_softmax"
    return r.add(key, need(c.args[0]), **({"axis": module.dim} if key == "softmax" else {}))


@module_rule("LSTM", "GRU", "RNN")
def _recurrent(r: Reader, c: Call) -> Any:
    """Of the states, which torch stacks by layer, the layer gives that of the top one."""
    module: Any = c.module
    if not type(module).__module__.startswith("torch."):
        return _module(r, c)
    key = layer_of(module)
    if key is None or c.arg(1, "hx") is not None:
        raise NoLayer(tr("It is not batch first, or begins with a given state."))
    cls = catalogue()[key]
    weights = {name: tensor.detach() for name, tensor in module.state_dict(keep_vars=True).items()}
    made = r.sketch.add(key, {"x": need(c.args[0])}, name=c.label, weights=weights, **options_of(cls, module))
    if module.bidirectional:
        return (made[0], None)
    states = [Stacked(value, module.num_layers) for value in made[1:]]
    return (made[0], states[0] if len(states) == 1 else tuple(states))


@module_rule("MultiheadAttention")
def _multihead(r: Reader, c: Call) -> Any:
    """torch's module keeps the three projections in one tensor; ours has one for each."""
    module: Any = c.module
    query, key, value = (need(c.arg(i, name)) for i, name in enumerate(("query", "key", "value")))
    masks = [c.arg(3, "key_padding_mask"), c.arg(5, "attn_mask")]
    masked = [isinstance(mask, Value | Learned) for mask in masks]
    causal = bool(c.kwargs.get("is_causal")) or _is_future(masks[1])
    if not module.batch_first or module.bias_k is not None or any(masked) or masks[0] is not None:
        raise NoLayer(tr("It is not batch first, or its mask depends on the input."))
    if masks[1] is not None and not causal:
        raise NoLayer(tr("Its mask is neither causal nor open."))
    weights = _projections(module)
    wired = {"query": query}
    if key != query or value != query:
        wired |= {"key": key} | ({"value": value} if value != key else {})
    options = {"num_heads": module.num_heads, "dropout": module.dropout, "causal": causal}
    options["bias"] = module.in_proj_bias is not None
    made = r.sketch.add("multi_head_attention", wired, name=c.label, weights=weights, **options)
    return (made[0], None)


def _is_future(mask: Any) -> bool:
    """Whether a mask hides just what comes after."""
    if not isinstance(mask, torch.Tensor) or mask.dim() != 2:
        return False
    hidden = mask if mask.dtype == torch.bool else mask == float("-inf")
    return bool((hidden == torch.ones_like(hidden, dtype=torch.bool).triu(1)).all())


def _projections(module: Any) -> dict[str, torch.Tensor]:
    """The weights of q_proj, k_proj, v_proj and out_proj."""
    found: dict[str, torch.Tensor] = {}
    if module.in_proj_weight is not None:
        parts = module.in_proj_weight.detach().chunk(3)
    else:
        parts = [getattr(module, f"{name}_proj_weight").detach() for name in "qkv"]
    for name, part in zip("qkv", parts, strict=True):
        found[f"{name}_proj.weight"] = part
    if module.in_proj_bias is not None:
        for name, part in zip("qkv", module.in_proj_bias.detach().chunk(3), strict=True):
            found[f"{name}_proj.bias"] = part
    found["out_proj.weight"] = module.out_proj.weight.detach()
    if module.out_proj.bias is not None:
        found["out_proj.bias"] = module.out_proj.bias.detach()
    return found
