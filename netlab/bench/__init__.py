"""Measurements, always as a ratio in one run on one machine: ``netlab bench [NAME…]``, by the names in `BENCHES`.

Each bench is a file here whose ``rows()`` yields rows; a row says what was measured, against what, and whether the
target is met. Like all doors it imports the rest of the package inside functions only.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

OUT = Path("build/bench.json")
BENCHES = {
    "compile": "compiling", "code": "code", "startup": "startup", "canvas": "canvas", "views": "views", "data": "data",
    "train": "train", "costs": "costs",
}  # fmt: skip


def run(names: list[str], as_json: bool) -> int:
    """Run some benches, or all; print rows as they come and write them to ``build/bench.json``."""
    from netlab.document.file import write_atomically

    rows = []
    for name in names or list(BENCHES):
        for row in import_module(f"netlab.bench.{BENCHES[name]}").rows():
            rows.append(row)
            if as_json:
                print(json.dumps(asdict(row)), flush=True)
            else:
                verdict = "ok" if row.ok else "MISSED"
                peer = f"{row.ratio:.2f} × {row.against}" if row.against else f"limit {row.target:g}"
                print(f"{row.bench:8} {row.case:44} {row.value:10.3f} {row.unit:8} {peer:42} {verdict}", flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(OUT, json.dumps([asdict(row) for row in rows], indent=2).encode() + b"\n")
    return 0
