"""The command that lets foreign models and weights in. Heavy imports stand inside the functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

FINE = 0


def add_to(command: Callable[..., Any]) -> None:
    """Declare import."""
    bring = command(
        "import",
        _import,
        "make a project of FILE.py:FACTORY, .onnx or .pt2; or let a project begin with weights: .safetensors, .pt, a run",
        "model",
        "file",
    )
    bring.add_argument("-o", "--output", metavar="FILE", help="where to write the project with weights, if not over it")
    bring.add_argument("--data", default="", metavar="KEY", help="data set whose fields feed its inputs")
    bring.add_argument(
        "--inputs", default="", metavar="TEXT", help='shapes of its inputs: "image: 3 32 32; label: < 10"'
    )
    bring.add_argument("--yes", action="store_true", help="run a Python file without asking")


def _import(options: Any) -> int:
    from netlab.document import file
    from netlab.protocol.arrivals import WEIGHTS, encode

    source = Path(options.model)
    if source.suffix.lower() in WEIGHTS or source.is_dir():
        return _weights(options)
    from netlab.engine.importing.door import import_model

    if source.suffix.lower() not in (".onnx", ".pt2"):
        _ask(options)
    arrived = import_model(options.model, options.data, options.inputs)
    out = options.output or options.file
    file.save(arrived.project, out)
    told = arrived.told(str(out))
    if options.json:
        print(encode(told).decode())
        return FINE
    print(out)
    if told.difference is not None:
        print(told.compared)
    if told.opaque:
        print("These parts have no layer and were kept as they are, grey and not trainable:")
    for part in told.opaque:
        print(f"  {part.name} ({part.type}): {part.why}")
    print("\n".join(told.notes), end="\n" if told.notes else "")
    return FINE


def _ask(options: Any) -> None:
    """Python code runs only if somebody says so."""
    from netlab.engine.importing.faults import ImportFault

    question = (
        f"{options.model} is Python code and will be run on this machine. Have you read it, and shall it run? [y/N] "
    )
    if not options.yes and input(question).strip().lower() not in ("y", "yes"):
        raise ImportFault("Nothing was run and nothing was written.")


def _weights(options: Any) -> int:
    from netlab.document import file
    from netlab.engine.importing.weights_file import import_weights
    from netlab.protocol.arrivals import Matched, encode

    before = file.digest(options.file)
    project, rows = import_weights(Path(options.model), file.load(options.file))
    out = options.output or options.file
    file.save(project, out, before if out == options.file else None)
    if options.json:
        print(encode(Matched(str(out), tuple(rows))).decode())
        return FINE
    matched = sum(bool(row.how) for row in rows)
    print(f"{out} begins with {matched} tensors of {Path(options.model).name}.")
    width = max(len(row.tensor) for row in rows)
    for row in rows:
        place = row.tensor.ljust(width) if row.tensor else "-".ljust(width)
        print(f"{place}  {row.source or '-'}  {'by ' + row.how if row.how else row.why}")
    return FINE
