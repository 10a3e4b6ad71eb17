"""Large graphs for the canvas: what people build, only more of it."""

from __future__ import annotations

from math import ceil, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netlab.document.project import Project

STEP_X, STEP_Y = 306.0, 150.0
FAN = 20
HUB = "n3"


def large(nodes: int) -> Project:
    """A chain of blocks with residual wires, 1.2 wires a node, in lines as text; `HUB` feeds 20 nodes more."""
    from netlab.document.graph import Edge, Graph, Node
    from netlab.document.project import DataChoice, Project

    cycle = ("linear", "gelu", "layer_norm", "dropout", "add")
    columns = ceil(sqrt(nodes * STEP_Y / STEP_X * 1.6))
    made: dict[str, Node] = {}
    edges: dict[str, Edge] = {}

    def wire(source: str, target: str, port: str) -> None:
        id = f"e{len(edges) + 1}"
        edges[id] = Edge(id, source, "y", target, port)

    for i in range(nodes):
        type = "input" if i == 0 else cycle[i % 5]
        id = f"n{i + 1}"
        name = f"layer {i}" if i % 3 == 0 else ""
        row, column = divmod(i, columns)
        made[id] = Node(id, type, name, _options(type), column * STEP_X, row * STEP_Y)
        if i:
            wire(f"n{i}", id, "a" if type == "add" else "x")
        if type == "add":
            wire(HUB if i // 5 < FAN else f"n{i - 3}", id, "b")
    return Project(title=f"{nodes} nodes", graph=Graph(nodes=made, edges=edges), data=DataChoice("iris"))


def _options(type: str) -> dict[str, object]:
    """Every option of a layer, with its widths as the data has them."""
    from netlab.document.values import plain
    from netlab.layers.layer import catalogue

    options = plain(catalogue()[type]().values)
    if type == "input":
        options["field"] = "features"
    if type == "linear":
        options["out_features"] = 4
    return options
