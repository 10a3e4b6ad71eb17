"""The command that lets foreign models and weights in. Heavy imports stand inside the functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINE = 0


def add_to(command: Callable[..., Any]) -> None:
    """Declare import."""
    bring = command(
        "import", _import, "make a project of FILE.py:FACTORY, .onnx or .pt2, or load weights into one", "model", "file"
    )
    bring.add_argument("--data", default="", metavar="KEY", help="data set whose fields feed its inputs")
    bring.add_argument(
        "--inputs", default="", metavar="TEXT", help='shapes of its inputs: "image: 3 32 32; label: < 10"'
    )
    bring.add_argument("--yes", action="store_true", help="run a Python file without asking")


def _import(options: Any) -> int:
    from netlab.document import file
    from netlab.engine.importing.door import MODELS, import_model
    from netlab.engine.importing.faults import ImportFault

    if Path(options.model).suffix not in MODELS:
        question = f"{options.model} is Python code and will be run on this machine. Have you read it, and shall it run? [y/N] "
        if not options.yes and input(question).strip().lower() not in ("y", "yes"):
            raise ImportFault("Nothing was run and nothing was written.")
    arrived = import_model(options.model, options.data, options.inputs)
    file.save(arrived.project, options.file)
    if options.json:
        told = {"project": str(options.file), "opaque": arrived.opaque, "notes": arrived.notes}
        print(json.dumps(told | {"difference": arrived.difference}, ensure_ascii=False))
    else:
        print("\n".join([str(options.file), *arrived.sentences()]))
    return FINE
