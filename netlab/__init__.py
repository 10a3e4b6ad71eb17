"""NetLab: build neural networks on a canvas, train them, and watch them learn.

The few names here are the Python door: `load`, `save`, `compile`, `open_run` and `Graph`. They are imported on first
use, so that ``import netlab`` brings neither torch nor Qt.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netlab.compiler.builder import Graph
    from netlab.document.file import load, save
    from netlab.engine.build import compile
    from netlab.runs.reader import open_run

    __version__: str

__all__ = ["Graph", "compile", "load", "open_run", "save"]

_HOMES = {
    "__version__": "netlab.document.home",
    "Graph": "netlab.compiler.builder",
    "load": "netlab.document.file",
    "save": "netlab.document.file",
    "open_run": "netlab.runs.reader",
    "compile": "netlab.engine.build",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'netlab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), "VERSION" if name == "__version__" else name)
