"""What fits: which layers can take a value, and why a wire would not work."""

from __future__ import annotations

from netlab.compiler.infer import Inferred, infer
from netlab.document import edits
from netlab.document.project import Project
from netlab.layers.layer import Layer, Shape, ShapeError, catalogue

OUTSIDE = ("input", "block", "block_input")


def fitting(shape: Shape | None) -> list[str]:
    """Keys of the layers that take a value of this shape with their default options; all with an input if it is None."""
    return [key for key, cls in catalogue().items() if cls.inputs() and (shape is None or takes(cls, shape))]


def takes(cls: type[Layer], shape: Shape) -> bool:
    """Whether the first input of a layer takes the shape; inputs that have to be wired as well get the same."""
    if cls.role in OUTSIDE:
        return False
    ports = list(cls.inputs().items())
    given = {name: shape if i == 0 or not port.optional else None for i, (name, port) in enumerate(ports)}
    try:
        cls().shapes(**given)
    except ShapeError as error:
        return cls.role == "loss" and error.port != ports[0][0]  # the target is still to come
    return True


def why_not(project: Project, inferred: Inferred, source: tuple[str, str], target: tuple[str, str]) -> str:
    """What would be wrong with a wire from an output to an input (node and port each), "" if nothing."""
    try:
        wired = edits.connect(project, *source, *target)
    except edits.EditError as error:
        return str(error)
    after = infer(wired, inferred)
    known = {(p.code, p.node, p.port) for p in inferred.problems}
    for problem in after.problems:
        if problem.node == target[0] and problem.code == "shape" and (problem.code, *target) not in known:
            return problem.message
    return ""
