"""The help of a layer, made from its declaration: what it does, its ports and options, and an example that runs."""

from __future__ import annotations

from inspect import cleandoc

from netlab.layers.layer import Case, Layer
from netlab.layers.shape import Shape

SIZES = {"B": 2, "T": 5, "S": 7}
TORCH = ("import torch", "from torch import nn", "from torch.nn import functional as F")


def description(cls: type[Layer]) -> str:
    """The docstring: a sentence with the formula, the shapes, and when to use it."""
    return cleandoc(cls.__doc__ or "")


def example(cls: type[Layer]) -> str:
    """A few lines of Python that make the layer, feed it random numbers and say the shape; "" for data nodes."""
    case = next((case for case in cls.cases if not case.error), None)
    if case is None or cls.role not in ("", "loss"):
        return ""
    layer = cls(**{name: value for name, value in case.values.items() if name in cls.options()})
    shapes = {port: Shape.parse(case.values[port]) if port in case.values else None for port in cls.inputs()}
    code = layer.code(**shapes)
    lines = [*TORCH, *code.imports, ""]
    lines += [f"{port} = {_random(shape, cls, case)}" for port, shape in shapes.items() if shape is not None]
    if code.definition:
        lines[-1:-1] = ["", *code.definition.rstrip().split("\n"), ""]
    if code.init:
        lines.append(f"layer = {code.init}")
    names = {port: port if shape is not None else "None" for port, shape in shapes.items()}
    made = layer.shapes(**shapes)
    first = next(iter(made.values())) if isinstance(made, dict) else made
    ports = list(cls.outputs())
    targets = (code.targets or ", ".join(f"{{{port}}}" for port in ports)).format(**{port: port for port in ports})
    lines.append(f"{targets} = {code.forward.format(self='layer', **names)}  # {_sizes(first)}")
    return "\n".join(lines)


def _random(shape: Shape, cls: type[Layer], case: Case) -> str:
    sizes = ", ".join(map(str, _sizes(shape)))
    sizes = f"({sizes},)" if shape.rank == 1 else f"({sizes})"
    if shape.dtype == "bool":
        return f"torch.ones{sizes if shape.rank > 1 else sizes.replace(',)', ')')}.bool()"
    if shape.dtype == "int":
        return f"torch.randint({case.values.get('num_embeddings', 2)}, {sizes})"
    return f"torch.randn{sizes.replace(',)', ')')}"


def _sizes(shape: Shape) -> tuple[int, ...]:
    return tuple(SIZES.get(axis.name, 2) if axis.size is None else axis.size for axis in shape)
