"""Python that users wrote, put above the model: each text once, word for word, under a name that nothing else has."""

from __future__ import annotations

import builtins
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from netlab.compiler.names import Namespace, identifier
from netlab.layers._definition import bindings, lines_in_strings
from netlab.layers.layer import Code

NN = Path(__file__).resolve().parent.parent / "nn"
HEADER = {
    "torch": ("import torch",),
    "nn": ("from torch import nn", "import torch.nn as nn"),
    "F": ("from torch.nn import functional as F", "import torch.nn.functional as F"),
}
"""What generated files import where they need it, and the ways in which a text may do it again; ours is the first."""


class Definitions:
    """The texts of one source.

    Attributes:
        lines: what to write above the model; for each line its text and which of its lines it is, "" and 0 if of none.
        nodes: the nodes that use a text.
        globals: names that the texts take, which no variable of the model may hide.
    """

    def __init__(self, names: Namespace) -> None:
        names.reserve(*dir(builtins))
        self._names = names
        self._placed: dict[str, str] = {}
        self._imported: dict[str, str] = {}
        self.lines: list[tuple[str, str, int]] = []
        self.nodes: dict[str, tuple[str, ...]] = {}
        self.globals: set[str] = set()

    def place(self, node: str, code: Code) -> Code:
        """The code of a node with the name that its definition has here."""
        text = code.definition
        if text not in self._placed:
            self._placed[text] = self._write(text, code.defines)
        self.nodes[text] = (*self.nodes.get(text, ()), node)
        name = self._placed[text]
        if code.init:
            return replace(code, init=name + code.init.removeprefix(code.defines))
        return replace(code, forward=name + code.forward.removeprefix(code.defines))

    def _write(self, text: str, name: str) -> str:
        """Plainly if its names are free; else inside of a function, where they meet no others."""
        bound = bindings(text)
        body = [(line, text, i) for i, line in enumerate(text.rstrip("\n").split("\n"), 1)]
        if all(self._is_free(n, how) for n, how in bound.items()):
            self._names.reserve(*bound)
            self._imported |= bound
            self.globals |= bound.keys()
            self.lines += [*body, *_own("", "")]
            return name
        maker = self._names.take(f"{identifier(name, 'code')}_code")
        inside = lines_in_strings(text)
        body = [(f"    {line}" if line and i not in inside else line, text, i) for line, _, i in body]
        made = self._names.take(name)
        self.globals |= {maker, made}
        self.lines += [
            *_own(f"def {maker}():"),
            *body,
            *_own(f"    return {name}", "", "", f"{made} = {maker}()", "", ""),
        ]
        return made

    def _is_free(self, name: str, how: str) -> bool:
        if name in HEADER:
            return how in HEADER[name]
        if how and (self._imported.get(name) == how or how == f"import {name}"):
            return self._imported.get(name, how) == how
        return self._names.is_free(name)


def _own(*lines: str) -> list[tuple[str, str, int]]:
    """Lines that belong to no text."""
    return [(line, "", 0) for line in lines]


@lru_cache(maxsize=64)
def names_of_module(module: str) -> frozenset[str]:
    """All names that a file of `netlab.nn` binds; a standalone file has them beside those of the user."""
    path = NN / f"{module.rpartition('.')[2]}.py"
    return frozenset(bindings(path.read_text(encoding="utf-8"))) if path.is_file() else frozenset()
