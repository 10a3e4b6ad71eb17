"""Looks at the variables of a model while it runs, line by line of the generated text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from netlab.engine.build import Built

Look = Callable[[str, int, dict[str, Any]], None]  # node, line number, local variables


def after_each_line(built: Built, run: Callable[[], object], look: Look) -> None:
    """Call ``run()`` and, after each line that a node wrote, ``look(node, line, variables)``; also inside of blocks."""
    node_of_line = built.source.node_of_line

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != built.filename:
            return None
        last = 0

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal last
            node = node_of_line.get(last, "")
            if node:
                look(node, last, frame.f_locals)
            last = frame.f_lineno if event == "line" else 0
            return step

        return step

    previous = sys.gettrace()
    sys.settrace(enter)
    try:
        run()
    finally:
        sys.settrace(previous)
