"""Runs custom code once, in a cell: does it make the shapes that its rule promises, and which weights does it have?

``python -m netlab.engine try`` reads a `Trial` from standard input and writes an `Outcome` to standard output.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netlab.engine import cell
from netlab.language import tr
from netlab.layers._shape_rule import Bound, Pattern, Rule, made
from netlab.layers.custom import CustomCode, custom_class
from netlab.layers.layer import Shape, ShapeError
from netlab.layers.shape import BOOL, INT, Axis
from netlab.protocol.trial import Outcome, Trial, decode_trial, encode

if TYPE_CHECKING:
    import torch

SECONDS, MEMORY = 20, 2 << 30  # for the code; torch itself is loaded before that
LOADING = 100  # seconds, on a slow and busy machine
SHOWN_AS = "<code>"
SIZES = ((2, 5, 7, 11), (3, 8, 13, 4))  # of open axes in two runs, so that a fixed number does not pass for one


def main() -> int:
    """Read the trial, run it shut in, tell how it went."""
    trial = decode_trial(sys.stdin.buffer.read())
    way_out = cell.enter(SECONDS + LOADING)
    import torch

    torch.set_num_threads(1)
    cell.limit(SECONDS, MEMORY)
    outcome = run(trial)
    with way_out:
        way_out.write(encode(outcome))
    return 0


def run(trial: Trial) -> Outcome:
    """Run the code in this process. Only for code that was read and agreed to."""
    layer = custom_class(trial.options, lambda: ((), ()))(**trial.options)
    shapes = {port: None if text is None else Shape.parse(text) for port, text in trial.inputs.items()}
    found: dict[str, list[int]] = {}
    try:
        thing = _defined(layer)
        for sizes in SIZES:
            found = _run_once(layer, thing, shapes, sizes)
    except ShapeError as error:
        return Outcome(found, str(error))
    except MemoryError:
        return Outcome(found, tr("It needs more memory than the {size} GB that a test may use.", size=MEMORY >> 30))
    except BaseException as error:  # whatever code may raise, SystemExit included
        said = str(error).strip().split("\n")[0][:1000]
        return Outcome(found, f"{type(error).__name__}: {said}" if said else type(error).__name__, _line_of(error))
    return Outcome(found)


def _defined(layer: CustomCode) -> Any:
    import torch
    from torch import nn
    from torch.nn import functional

    scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "__name__": "netlab_trial"}
    exec(compile(layer.definition, SHOWN_AS, "exec"), scope)  # the user has read it and agreed
    return scope[layer.defined.name]


def _run_once(
    layer: CustomCode, thing: Any, shapes: Mapping[str, Shape | None], sizes: tuple[int, ...]
) -> dict[str, list[int]]:
    """The weights it has; `ShapeError` if it makes something else than the rule says."""
    given = layer.given(shapes)
    module = thing(**given) if layer.defined.is_class else None
    fixed = _fixed(shapes, sizes)
    values = [None if shape is None else _random(shape) for shape in fixed.values()]
    result = module(*values) if module is not None else thing(*values, **given)
    outputs = result if isinstance(result, tuple | list) else (result,)
    said = layer.shapes(**fixed)
    promised = list(said.values()) if isinstance(said, dict) else [said]
    if len(outputs) != len(promised):
        raise ShapeError(
            tr(
                "It returns {count} values, but {stated} are stated. Mend the shape rule.",
                count=len(outputs),
                stated=len(promised),
            )
        )
    for name, shape, output in zip(layer.outputs(), promised, outputs, strict=True):
        _compare(name, shape, output)
    named = module.named_parameters() if module is not None else ()
    return {name: list(parameter.shape) for name, parameter in named}


def _fixed(shapes: Mapping[str, Shape | None], sizes: tuple[int, ...]) -> dict[str, Shape | None]:
    """The shapes with a size for every open axis; B is the first, and T+1 one more than T."""
    open_axes = [axis.name for shape in shapes.values() for axis in shape or () if axis.size is None]
    bases = dict.fromkeys(["B", *(word for name in open_axes for word in re.findall(r"[^\W\d]\w*", name))])
    known = {name: sizes[i % len(sizes)] for i, name in enumerate(bases)}

    bound = Bound({name: Axis(name, size) for name, size in known.items()})

    def fixed(axis: Axis) -> Axis:
        if axis.size is not None:
            return axis
        return Axis(axis.name, made(Rule((), (Pattern("", (axis.name,)),)), bound)[0].sizes[0])

    return {p: s and Shape(tuple(map(fixed, s)), s.dtype) for p, s in shapes.items()}


def _random(shape: Shape) -> torch.Tensor:
    import torch

    sizes = [size or 1 for size in shape.sizes]
    if shape.dtype == INT:
        return torch.zeros(sizes, dtype=torch.int64)
    return torch.ones(sizes, dtype=torch.bool) if shape.dtype == BOOL else torch.randn(sizes)


def _compare(name: str, shape: Shape, output: Any) -> None:
    import torch

    if not isinstance(output, torch.Tensor):
        raise ShapeError(
            tr(
                "{name} is a {type}, but a tensor is wanted. Return a tensor.",
                name=name,
                type=type(output).__name__,
            )
        )
    if tuple(output.shape) != shape.sizes:
        got = " × ".join(map(str, output.shape)) or "scalar"
        raise ShapeError(
            tr(
                "{name} is {got} where the shape rule says {shape}. Mend the rule or the code.",
                name=name,
                got=got,
                shape=shape,
            )
        )
    kind = BOOL if output.dtype == torch.bool else "float" if output.is_floating_point() else INT
    if kind != shape.dtype:
        raise ShapeError(
            tr(
                "{name} holds {dtype} where the shape rule says {stated}. Mend the rule.",
                name=name,
                dtype=output.dtype,
                stated=shape.dtype,
            )
        )


def _line_of(error: BaseException) -> int:
    trace, line = error.__traceback__, 0
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == SHOWN_AS else line
        trace = trace.tb_next
    return line
