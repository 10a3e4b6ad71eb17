"""Which modules have a layer, and what that layer's options are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from torch import nn

from netlab.layers.layer import Layer, Shape, ShapeError, catalogue
from netlab.options import Bool, Choice, Int, Size

SEE_THROUGH = (
    nn.Sequential,
    nn.ModuleList,
    nn.ModuleDict,
    nn.TransformerEncoder,
    nn.TransformerEncoderLayer,
    nn.TransformerDecoder,
    nn.TransformerDecoderLayer,
    nn.Transformer,
)
"""Modules of torch that are followed inside."""

USUAL: dict[str, dict[str, tuple[Any, ...]]] = {
    "AvgPool1d": {"count_include_pad": (True,), "ceil_mode": (False,)},
    "AvgPool2d": {"count_include_pad": (True,), "ceil_mode": (False,), "divisor_override": (None,)},
    "AvgPool3d": {"count_include_pad": (True,), "ceil_mode": (False,), "divisor_override": (None,)},
    **{f"MaxPool{n}d": {"dilation": (1,), "ceil_mode": (False,), "return_indices": (False,)} for n in (1, 2, 3)},
    **{f"Conv{n}d": {"padding_mode": ("zeros",)} for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": {"track_running_stats": (True,)} for n in (1, 2, 3)},
    "InstanceNorm2d": {"track_running_stats": (False,)},
    "Embedding": {"max_norm": (None,)},
    "EmbeddingBag": {"max_norm": (None,)},
    "Upsample": {"align_corners": (None, False)},
    "ELU": {"alpha": (1.0,)},
    "Softplus": {"beta": (1.0, 1), "threshold": (20.0, 20)},
    **{name: {"batch_first": (True,), "proj_size": (0,), "bias": (True,)} for name in ("LSTM", "GRU", "RNN")},
}
"""What attributes of a torch module have to be for its layer to do the same."""

OTHER_NAMES = {"axis": "dim", "affine": "elementwise_affine"}
"""Options that torch's modules call otherwise."""


def _transformer_layer(m: Any) -> dict[str, Any]:
    """Options of torch's Transformer layers, and of ours, which add `causal`."""
    return {
        "num_heads": m.self_attn.num_heads,
        "dim_feedforward": m.linear1.out_features,
        "activation": m.activation.__name__,
        "dropout": m.dropout.p,
        "norm_first": m.norm_first,
        "causal": m.causal,
    }


def _stack(m: Any) -> dict[str, Any]:
    return _transformer_layer(m.layers[0]) | {"num_layers": len(m.layers), "norm": m.norm is not None}


def _transformer(m: Any) -> dict[str, Any]:
    layers = {"num_encoder_layers": len(m.encoder.layers), "num_decoder_layers": len(m.decoder.layers)}
    return _transformer_layer(m.decoder.layers[0]) | layers


TOLD: dict[str, Callable[[Any], dict[str, Any]]] = {
    "SinusoidalPositionalEncoding": lambda m: {"max_len": len(m.table)},
    "LearnedPositionalEncoding": lambda m: {"max_len": len(m.weight)},
    "FeedForward": lambda m: {"hidden_size": m.linear1.out_features, "activation": type(m.activation).__name__.lower()},
    "EncoderLayer": _transformer_layer,
    "DecoderLayer": _transformer_layer,
    "Encoder": _stack,
    "Decoder": _stack,
    "Transformer": _transformer,
}
"""Options of modules of `netlab.nn` that are no attributes of them, by the name of the class."""


@cache
def by_class_name() -> dict[str, str]:
    """Layer keys by the name of the class that they become, torch's or our own."""
    found: dict[str, str] = {}
    for key, cls in catalogue().items():
        name = cls.torch_name.rpartition(".")[2]
        if cls.torch_name.startswith("torch.nn.") and name[:1].isupper():
            found.setdefault(name, key)
        for own in _own_classes(cls):
            found.setdefault(own, key)
        found.setdefault(cls.__name__, key)
    for name in ("Module", "Parameter", "TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder"):
        found.pop(name, None)
    return found


def _own_classes(cls: type[Layer]) -> set[str]:
    """The classes of `netlab.nn` that the cases of a layer become."""
    found = set()
    for case in cls.cases:
        given = {p: Shape.parse(case.values[p]) if p in case.values else None for p in cls.inputs()}
        try:
            code = cls(**{k: v for k, v in case.values.items() if k in cls.options()}).code(**given)
        except (ShapeError, ValueError):
            continue
        match = re.match(r"(\w+)\(", code.init)
        if match:
            found.add(match.group(1))
    return found


def layer_of(module: nn.Module) -> str | None:
    """The key of the layer that does the same, None if there is none."""
    name = type(module).__name__
    key = by_class_name().get(name)
    if key is None or type(module) in SEE_THROUGH or (not _of_torch(module) and not _is_ours(module, key)):
        return None
    for attribute, allowed in USUAL.get(name, {}).items():
        if getattr(module, attribute, allowed[0]) not in allowed:
            return None
    return key


def _of_torch(module: nn.Module) -> bool:
    return type(module).__module__.startswith("torch.")


def _is_ours(module: nn.Module, key: str) -> bool:
    """Whether a class is one of `netlab.nn`, or a copy of it in standalone source, and tells all its options."""
    known = type(module).__module__.startswith("netlab.nn")
    if not known and _documents().get(type(module).__name__) != inspect.getdoc(type(module)):
        return False
    cls = catalogue()[key]
    found = options_of(cls, module)
    return set(found) == set(cls.options()) and not cls.check_values(found)


@cache
def _documents() -> dict[str, str]:
    """The docstrings of the classes of `netlab.nn`, by which a copy is known."""
    import importlib
    import pkgutil

    import netlab.nn

    found: dict[str, str] = {}
    for info in pkgutil.iter_modules(netlab.nn.__path__):
        module = importlib.import_module(f"netlab.nn.{info.name}")
        for name, cls in vars(module).items():
            if isinstance(cls, type) and cls.__module__ == module.__name__:
                found[name] = inspect.getdoc(cls) or ""
    return found


def is_leaf(module: nn.Module) -> bool:
    """Whether a call of the module is one node: it has a layer, or is torch's own and cannot be followed."""
    return layer_of(module) is not None or (_of_torch(module) and type(module) not in SEE_THROUGH)


def options_of(cls: type[Layer], module: nn.Module) -> dict[str, Any]:
    """Option values by the attributes of a module, which torch names as its arguments are named."""
    found: dict[str, Any] = {}
    told = TOLD.get(type(module).__name__, lambda m: {})(module)
    for name, option in cls.options().items():
        if name in told:
            found[name] = told[name]
            continue
        value = getattr(module, name, getattr(module, OTHER_NAMES.get(name, name), None))
        value = value.p if isinstance(value, nn.Dropout) else value
        match option:
            case Bool() if name in ("bias", "affine") and not isinstance(value, bool):
                projection = getattr(module, "q_proj", getattr(module, "linear1", None))
                found[name] = value is not None or getattr(projection, "bias", None) is not None
            case Size() | Int() if name == "padding" and isinstance(value, str):
                found[name] = _same_padding(module, value)
            case Size() if isinstance(value, int | tuple):
                found[name] = list(value) if isinstance(value, tuple) else [value] * len(option.default)
            case Choice() if value not in option.choices:
                continue
            case _ if isinstance(value, tuple) and len(value) == 1:
                found[name] = value[0]
            case _ if value is not None:
                found[name] = value
    return found


def _same_padding(module: Any, word: str) -> Any:
    """The padding that "same" and "valid" stand for; one number along one axis."""
    pairs = zip(module.kernel_size, module.dilation, strict=True)
    found = [d * (k - 1) // 2 if word == "same" else 0 for k, d in pairs]
    return found if len(found) > 1 else found[0]
