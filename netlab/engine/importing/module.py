"""A module in memory becomes a graph with its weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec
import torch
from torch import nn

from netlab.data.dataset import Field
from netlab.document.graph import Graph
from netlab.engine.importing import layer_rules, math_rules, shape_rules  # noqa: F401 - they register themselves
from netlab.engine.importing.faults import ImportFault, Opaque
from netlab.engine.importing.folding import Folded, fold, signature
from netlab.engine.importing.reader import TraceReader
from netlab.engine.importing.sketch import Sketch
from netlab.engine.importing.trace import Trace, trace_module
from netlab.language import tr


@dataclass
class Imported:
    """A graph made from a foreign model.

    Attributes:
        graph: nodes and edges.
        weights: tensors by the names that checkpoints give them.
        opaque: parts that no layer stands for.
        notes: what is worth knowing, in sentences.
    """

    graph: Graph
    weights: dict[str, torch.Tensor]
    opaque: list[Opaque] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_module(module: nn.Module, fields: list[Field]) -> Imported:
    """The graph of a module whose inputs read these fields.

    Raises:
        ImportFault: it can be followed neither by torch.fx nor by torch.export.
    """
    from netlab.engine.importing.exported import trace_by_export

    try:
        trace = trace_module(module, fields)
    except ImportFault:
        raise
    except Exception as first:  # control flow that depends on values, most of the time
        try:
            trace = trace_by_export(module, fields)
        except Exception as second:
            raise ImportFault(
                tr(
                    "The module cannot be traced. torch.fx says: {first} torch.export says: {second} "
                    "Take branches that depend on values out of forward.",
                    first=_line(first),
                    second=_line(second),
                )
            ) from first
    return read(trace, fields)


def read(trace: Trace, fields: list[Field]) -> Imported:
    """The graph of a trace."""
    return finish(TraceReader(trace, fields).read())


def finish(sketch: Sketch) -> Imported:
    """Blocks, places, and names for the weights."""
    _unwrap(sketch)
    folded = fold(sketch)
    share(sketch, folded)
    weights = {f"{folded.stored(node)}.{name}": tensor for (node, name), tensor in sketch.weights.items()}
    opaque = [replace(part, node=folded.places[part.node][0]) for part in sketch.opaque]
    opaque = list({part.node: part for part in opaque}.values())  # copies of a block have one node
    return Imported(folded.graph, weights, opaque, sketch.notes)


def _unwrap(sketch: Sketch) -> None:
    """Leave out submodules that hold everything: a block around the whole model says nothing."""
    scoped = [scopes for node, scopes in sketch.scopes.items() if sketch.nodes[node].type not in ("input", "output")]
    while scoped and scoped[0] and all(scopes[:1] == scoped[0][:1] for scopes in scoped):
        sketch.scopes = {node: scopes[1:] for node, scopes in sketch.scopes.items()}
        scoped = [scopes[1:] for scopes in scoped]


def share(sketch: Sketch, folded: Folded) -> None:
    """Links between nodes and blocks that use the same weights; what cannot be linked is told."""
    nodes = dict(folded.graph.nodes)
    linked: set[str] = set()
    first: dict[tuple[str, str], str] = {}
    for block, scope in folded.blocks.items():
        if block in nodes:
            owner = first.setdefault((nodes[block].parent, scope.path), block)
            if owner != block and signature(folded.graph, owner) == signature(folded.graph, block):
                nodes[block] = msgspec.structs.replace(nodes[block], shares=owner)
                linked |= folded.graph.within([block])
    for node, owner in sketch.shares.items():
        mine, theirs = folded.places[node][0], folded.places[owner][0]
        if mine in linked or mine == theirs:
            continue
        if nodes[mine].parent != nodes[theirs].parent:
            told = tr(
                "{one} and {other} share their weights in the model; here they only begin alike.",
                one=nodes[mine].name or mine,
                other=nodes[theirs].name or theirs,
            )
            sketch.notes.append(told)
            continue
        nodes[mine] = msgspec.structs.replace(nodes[mine], shares=theirs)
    folded.graph = Graph(nodes, folded.graph.edges, folded.graph.frames)


def _line(error: BaseException) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:300].rstrip(".") + "."
