"""Where foreign models enter: the throw-away process is started here, and what it leaves is taken as data."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netlab.document import file, weights
from netlab.document.edits import set_training
from netlab.document.project import Project
from netlab.engine.importing.faults import ImportFault
from netlab.language import sentences, tr
from netlab.protocol import arrivals as message


@dataclass
class Arrived:
    """A model that came in; its weights are stored, and the project begins with them.

    Attributes:
        opaque: parts that were kept but not understood: node, name, type, why.
        difference: the largest difference to what the original says, None where that could not be compared.
    """

    project: Project
    opaque: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    difference: float | None = None

    def told(self, written: str) -> message.Arrived:
        """What to say of it, once the project is written."""
        kept = tuple(message.Kept(**part) for part in self.opaque)
        return message.Arrived(written, kept, tuple(self.notes), self.difference)


def import_model(model: str, data: str = "", inputs: str = "") -> Arrived:
    """Open a model in a process of its own: ``.onnx``, ``.pt2`` or ``FILE.py:FACTORY``, which runs that file.

    Raises:
        ImportFault: it cannot come in.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = _in_child(folder, {"model": model, "data": data, "inputs": inputs})
        project = file.load(folder / "project.netlab")
        stored = folder / "weights.safetensors"
        if weights.header(stored).tensors:
            project = set_training(project, "start", weights.keep(stored.read_bytes()))
        return Arrived(project, told["opaque"], told["notes"], told["difference"])


def torch_weights(path: Path, folder: Path) -> Path:
    """The weights of a ``.pt`` file as safetensors in `folder`, read in a process of its own."""
    _in_child(folder, {"model": str(path), "data": "", "inputs": ""})
    return folder / "weights.safetensors"


def _in_child(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    (folder / "request.json").write_text(json.dumps(request), "utf-8")
    command = [sys.executable, "-m", "netlab.engine.importing.child", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    told = folder / "told.json"
    if not told.is_file():
        said = ended.stderr.strip().split("\n")[-1][:300]
        ending = tr("The process that opened the model ended with {code}.", code=ended.returncode)
        raise ImportFault(sentences(ending, said))
    answer = json.loads(told.read_text("utf-8"))
    if "fault" in answer:
        raise ImportFault(answer["fault"], answer.get("code", ""), answer.get("fix", ""))
    return answer
