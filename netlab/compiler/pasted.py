"""Text that is pasted: whether it defines a module, and which part of the graph that is made of it goes on the canvas."""

from __future__ import annotations

import ast

from netlab.compiler.factories import is_module
from netlab.document.graph import Graph
from netlab.document.piece import Piece
from netlab.layers._definition import parse, refuse_hidden
from netlab.layers.layer import catalogue

HEADER = "import torch\nfrom torch import Tensor, nn\nfrom torch.nn import functional as F\n\n\n"
MAX_TEXT = 1 << 20


def module_in(text: str) -> str:
    """The last class in a text that derives from a module of torch, "" if there is none. Nothing is run.

    Raises:
        SyntaxError: there is one, but the text holds characters that hide what it is.
    """
    if "class " not in text or "forward" not in text or len(text) > MAX_TEXT:
        return ""
    try:
        tree = parse(text)
    except SyntaxError:
        return ""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found = [name for name, node in classes.items() if is_module(node, classes)]
    if found:
        refuse_hidden(text)
    return found[-1] if found else ""


def runnable(text: str) -> str:
    """The text with the imports that everybody leaves out when copying a class."""
    return text if "import torch" in text or "from torch" in text else HEADER + text


def without_ends(graph: Graph, ends: bool) -> Piece:
    """The nodes to paste: all but the loss and its target; inputs and outputs only where `ends` says so."""
    known = catalogue()
    roles = {id: known[node.type].role if node.type in known else "" for id, node in graph.nodes.items()}
    losses = {id for id, role in roles.items() if role == "loss"}
    targets = {e.source for e in graph.edges.values() if e.target in losses and roles[e.source] == "input"}
    gone = set(losses)
    if ends:
        gone |= {id for id in targets if all(e.target in losses for e in graph.out_of(id))}
    else:
        gone |= {id for id, role in roles.items() if role in ("input", "output")}
    kept = [node for node in graph.nodes.values() if node.id not in gone]
    edges = [e for e in graph.edges.values() if e.source not in gone and e.target not in gone]
    return Piece(kept, edges, list(graph.frames.values()))
