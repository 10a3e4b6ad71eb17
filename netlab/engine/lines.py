"""Looks at the variables of a model while it runs, line by line of the generated text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch

from netlab.engine.build import Built

Look = Callable[[str, int, dict[str, Any]], None]  # node, line number, local variables


def after_each_line(
    built: Built, run: Callable[[], object], look: Look, before: Callable[[], object] = lambda: None
) -> None:
    """Call ``run()`` and, after each line that a node wrote, ``look(node, line, variables)``; also inside of blocks.

    Args:
        before: called right before each such line.
    """
    node_of_line, twin = built.source.node_of_line, _twins(built)

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != built.filename:
            return None
        last = 0

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal last
            node = node_of_line.get(last, "")
            if node:
                variables = frame.f_locals  # made anew each time it is asked for
                look(twin(node, variables.get("self")), last, variables)
            last = frame.f_lineno if event == "line" else 0
            if last in node_of_line:
                before()
            return step

        return step

    previous = sys.gettrace()
    sys.settrace(enter)
    try:
        run()
    finally:
        sys.settrace(previous)


def _twins(built: Built) -> Callable[[str, Any], str]:
    """Blocks that are alike share one class: tells which node a line belongs to when this module runs it."""
    places = built.source.modules_of_node
    owner = {path: node for node, found in places.items() for path, _ in found}
    paths = {id(module): path for path, module in built.model.named_modules()}

    def twin(node: str, module: Any) -> str:
        if node not in places:
            return node
        path = f"{paths.get(id(module), '')}.{places[node][0][0].rpartition('.')[2]}"
        return owner.get(path.lstrip("."), node)

    return twin


def names_assigned(line: str) -> list[str]:
    """The variables that a line of generated text assigns; several where a layer gives several values."""
    target, equals, _ = line.strip().partition(" = ")
    return target.split(", ") if equals else []


def first_assigned(line: str, variables: dict[str, Any]) -> Any:
    """What the first variable that a line of generated text assigns holds; None if it assigns none."""
    return variables.get(next(iter(names_assigned(line)), ""))


def values_of_nodes(built: Built, run: Callable[[], object]) -> dict[str, torch.Tensor]:
    """Call ``run()`` and return what each node sent, by node; going backward then leaves gradients there, too."""
    text = built.source.text.splitlines()
    found: dict[str, torch.Tensor] = {}

    def look(node: str, line: int, variables: dict[str, Any]) -> None:
        value = first_assigned(text[line - 1], variables)
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            if value.requires_grad:
                value.retain_grad()
            found[node] = value

    after_each_line(built, run, look)
    return found
