"""What can go wrong when a model comes in, in words."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.language import sentences


class ImportFault(ValueError):
    """A model that cannot come in: where it stopped, and what to do.

    Attributes:
        code: stable name of what is wrong, where more than words are made of it.
        fix: the remedy, where another place than the command line has another.
    """

    def __init__(self, message: str, code: str = "", fix: str = "") -> None:
        super().__init__(sentences(message, fix))
        self.message, self.code, self.fix = message, code or type(self).__name__, fix


class NoLayer(ValueError):
    """A call that no layer can stand for; it becomes an opaque node, and this is why."""


@dataclass(frozen=True)
class Opaque:
    """A part that was kept without being understood.

    Attributes:
        node: id of its node.
        name: what the node is called.
        type: e.g. ``torch.nn.Fold`` or ``torch.fft``; the type of its node.
        why: a sentence.
    """

    node: str
    name: str
    type: str
    why: str
