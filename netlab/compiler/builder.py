"""Build a graph in code: ``g = Graph(); a = g.add("input", field="image"); …; g.connect(a, b)``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from netlab.compiler.blocks import class_of
from netlab.document import tying
from netlab.document.graph import Edge, Node
from netlab.document.graph import Graph as GraphValue
from netlab.document.project import DataChoice, ProbeChoice, Project
from netlab.document.training import Training
from netlab.document.values import plain
from netlab.layers.layer import Layer, catalogue


class Graph:
    """A graph under construction. Node ids are the handles that `add` returns."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, Edge] = {}
        self.probes: dict[str, ProbeChoice] = {}
        self._parent = ""

    def block(self, name: str, *, at: tuple[float, float] | None = None, **options: Any) -> str:
        """Add an empty block; its content is added inside ``with g.inside(block):``."""
        return self.add("block", name=name, at=at, **options)

    @contextmanager
    def inside(self, block: str) -> Iterator[None]:
        """What is added in here lies in the block."""
        before, self._parent = self._parent, block
        try:
            yield
        finally:
            self._parent = before

    def add(
        self, type: str, *inputs: str, name: str = "", at: tuple[float, float] | None = None, **options: Any
    ) -> str:
        """Add a layer fed by `inputs`, in the order of its ports; returns its id.

        Raises:
            KeyError: no such layer.
            OptionError: an option it does not have, or a value outside its limits.
        """
        cls = catalogue()[type]
        values = cls(**options).values
        node = f"n{len(self.nodes) + 1}"
        x, y = at if at is not None else (60.0 + 240.0 * len(self.nodes), 120.0)
        self.nodes[node] = Node(node, type, name, plain(values), x, y, parent=self._parent)
        for source, port in zip(inputs, self._class(node).inputs(), strict=False):
            self.connect(source, node, target_port=port)
        return node

    def connect(self, source: str, target: str, *, source_port: str = "", target_port: str = "") -> str:
        """Wire an output to an input; without names, the first output to the first open input."""
        taken = {edge.target_port for edge in self.edges.values() if edge.target == target}
        open_ports = [port for port in self._class(target).inputs() if port not in taken]
        source_port = source_port or next(iter(self._class(source).outputs()))
        target_port = target_port or open_ports[0]
        edge = f"e{len(self.edges) + 1}"
        self.edges[edge] = Edge(edge, source, source_port, target, target_port)
        return edge

    def _class(self, node: str) -> type[Layer]:
        found = class_of(GraphValue(self.nodes, self.edges), self.nodes[node])
        assert found is not None, "only known types are added"
        return found

    def lead(self, name: str, *ends: tuple[str, str]) -> None:
        """Give the block around these (node, option) pairs an option that leads them; it begins with the first's value."""
        project = Project(graph=GraphValue(self.nodes, self.edges))
        for node, option in ends:
            project = tying.bind_option(project, node, option, name)
        self.nodes = project.graph.nodes

    def watch(self, probe: str, node: str) -> None:
        """Look at a node with a probe while it trains."""
        key = f"p{len(self.probes) + 1}"
        self.probes[key] = ProbeChoice(key, probe, node)

    def project(
        self,
        title: str,
        data: str,
        *,
        about: str = "",
        data_options: dict[str, Any] | None = None,
        **training: Any,
    ) -> Project:
        """The finished project, with every option value written down."""
        from netlab.data.dataset import source_of  # the data room is needed only here

        source = source_of(data, data_options or {})
        return Project(
            title=title,
            about=about,
            graph=GraphValue(dict(self.nodes), dict(self.edges)),
            data=DataChoice(data, plain(source.values)),
            training=Training(**training).values,
            probes=dict(self.probes),
        )
