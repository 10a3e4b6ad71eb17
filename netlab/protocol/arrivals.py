"""What `netlab import --json` says: the model that came in, the weights that found their places, or what went wrong."""

from __future__ import annotations

import msgspec

from netlab.language import tr
from netlab.protocol.fault import Fault

MODELS = (".onnx", ".pt2", ".py")
"""Endings of files that hold a model."""
WEIGHTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
"""Endings of files that hold weights only."""
MAX_BYTES = 64 << 20


class Kept(msgspec.Struct, frozen=True):
    """A part that was kept without being understood.

    Attributes:
        node: id of its node.
        name: what the node is called.
        type: e.g. ``torch.nn.Fold``; the type of its node.
        why: a sentence.
    """

    node: str
    name: str
    type: str
    why: str


class Arrived(msgspec.Struct, frozen=True):
    """A model that came in.

    Attributes:
        project: the file that was written.
        opaque: parts that were kept but not understood.
        notes: what is worth knowing, in sentences.
        difference: the largest difference to what the original says, None where that could not be compared.
    """

    project: str
    opaque: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()
    difference: float | None = None

    @property
    def compared(self) -> str:
        """How it compares with the original, as a sentence."""
        if self.difference is None:
            if self.opaque:
                return tr("It could not be compared with the original as long as parts of it have no layer.")
            return tr("It could not be compared with the original.")
        return tr(
            "Compared with the original on random inputs: equal to within {difference:.1e}.", difference=self.difference
        )


class Line(msgspec.Struct, frozen=True, rename={"source": "from", "source_sizes": "from_sizes", "how": "by"}):
    """What became of one tensor.

    Attributes:
        tensor: its name in the model, "" for one of the file that found no place.
        source: its name in the file, "" if nothing was found.
        how: by what they were matched, "" if they were not.
        why: if they were not, why.
        node: id of the node that holds it, "" if there is none.
    """

    tensor: str
    sizes: tuple[int, ...]
    source: str
    source_sizes: tuple[int, ...]
    how: str = ""
    why: str = ""
    node: str = ""


class Matched(msgspec.Struct, frozen=True):
    """Weights that came in: the file that was written, and a line for every tensor of the model and of the file."""

    project: str
    table: tuple[Line, ...]


def encode(message: Arrived | Matched) -> bytes:
    """JSON bytes."""
    return msgspec.json.encode(message)


def decode(data: bytes, code: int) -> Arrived | Matched | Fault:
    """Read what the process printed before it ended with `code`; whatever else it is counts as a bad end."""
    if len(data) <= MAX_BYTES:
        for kind in (Matched, Arrived) if code == 0 else (Fault,):
            try:
                return msgspec.json.decode(data, type=kind)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
    return Fault(
        "ended", tr("The process that opened it ended with {code} and said nothing that could be read.", code=code)
    )
