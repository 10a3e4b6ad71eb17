"""The throw-away process in which foreign models are opened: ``python -m netlab.engine.importing.child FOLDER``.

`FOLDER/request.json` says what to open. What comes back are files that are data: `project.netlab`,
`weights.safetensors`, and `told.json` with the parts not understood, or with the fault. The process has no network
where the system allows that, bounded memory, and ends with its parent.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
from pathlib import Path
from typing import Any

from netlab.language import tr, use_as_told

CLONE_NEWUSER, CLONE_NEWNET, PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
ROOM = 8 * 1024**3
"""Bytes of address space beyond what torch itself has taken when the model is opened, and beyond the file's size."""


def main() -> int:
    """Open one model; 0 if it came in."""
    use_as_told()
    folder = Path(sys.argv[1])
    request = json.loads((folder / "request.json").read_text("utf-8"))
    _cut_off()
    told: dict[str, Any]
    try:
        told = _open(request, folder)
    except MemoryError:
        told = {
            "fault": tr("The model needs more memory than an import may take. Free memory, or import a smaller one.")
        }
    except ValueError as fault:
        if type(fault) is ValueError:
            raise
        told = {"fault": getattr(fault, "message", "") or str(fault)}
        told |= {"code": getattr(fault, "code", ""), "fix": getattr(fault, "fix", "")}
    (folder / "told.json").write_text(json.dumps(told), "utf-8")
    return 1 if "fault" in told else 0


def _open(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    from safetensors.torch import save

    from netlab.document import file
    from netlab.document.file import write_atomically
    from netlab.protocol.arrivals import WEIGHTS

    model, data, inputs = request["model"], request["data"], request["inputs"]
    path = Path(model)
    ending = path.suffix.lower()
    _bound(path.stat().st_size if path.is_file() else 0)
    if ending in WEIGHTS:
        from netlab.engine.importing.torch_file import tensors_of

        write_atomically(folder / "weights.safetensors", save(_plain(tensors_of(path))))
        return {}
    if ending == ".pt2":
        from netlab.engine.importing import program_file

        brought = program_file.bring(path, data, inputs)
    elif ending == ".onnx":
        from netlab.engine.importing import onnx_file

        brought = onnx_file.bring(path, data, inputs)
    else:
        from netlab.engine.importing import python_file

        brought = python_file.bring(model, data, inputs)
    file.save(brought.project, folder / "project.netlab")
    write_atomically(folder / "weights.safetensors", save(_plain(brought.weights)))
    opaque = [{"node": p.node, "name": p.name, "type": p.type, "why": p.why} for p in brought.opaque]
    return {"opaque": opaque, "notes": brought.notes, "difference": brought.difference}


def _plain(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def _cut_off() -> None:
    """No network of its own, and no life beyond that of its parent; before torch starts its threads."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)  # refused on some systems, and then it goes on with the network
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _bound(size: int) -> None:
    """Let the process take no more memory than the model can need."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    import psutil
    import torch  # noqa: F401 - what it takes is not counted

    taken = psutil.Process().memory_info().vms
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = taken + ROOM + 8 * size
    resource.setrlimit(resource.RLIMIT_AS, (limit if most < 0 else min(limit, most), most))


if __name__ == "__main__":
    sys.exit(main())
