"""Some nodes as text, for a letter or another program."""

from __future__ import annotations

from collections.abc import Collection
from textwrap import dedent

from netlab.compiler.infer import Inferred
from netlab.compiler.names import Namespace, identifier
from netlab.compiler.source import CompileError, generate
from netlab.document.project import Project
from netlab.layers.layer import catalogue


def excerpt(project: Project, inferred: Inferred, nodes: Collection[str]) -> str:
    """The lines of PyTorch that these nodes become; for what cannot be compiled yet, calls that build the graph."""
    wanted = project.graph.within(nodes)
    try:
        source = generate(project, inferred)
    except CompileError:
        return _building(project, nodes)
    lines = source.text.split("\n")
    chosen = [number for number, node in sorted(source.node_of_line.items()) if node in wanted]
    if not chosen:
        return _building(project, nodes)
    parts: list[list[str]] = []
    for before, number in zip([-1, *chosen], chosen, strict=False):
        if number != before + 1:
            parts.append([])
        parts[-1].append(lines[number - 1])
    return "\n\n".join(dedent("\n".join(part)).strip("\n") for part in parts) + "\n"


def _building(project: Project, nodes: Collection[str]) -> str:
    """The same nodes with `netlab.Graph`."""
    graph, names = project.graph, Namespace()
    called: dict[str, str] = {}
    lines = ["import netlab", "", "g = netlab.Graph()"]
    for id in [id for id in graph.order()[0] if id in nodes]:
        node = graph.nodes[id]
        called[id] = names.take(identifier(node.name or node.type, "node"))
        name = [f"name={node.name!r}"] if node.name else []
        known = catalogue()[node.type].options() if node.type in catalogue() else {}
        options = [f"{option}={node.options[option]!r}" for option in known if option in node.options]
        words = [repr(node.type), *name, *options]
        lines.append(f"{called[id]} = g.add({', '.join(words)})")
    for edge in graph.edges.values():
        if edge.source in called and edge.target in called:
            ports = f"source_port={edge.source_port!r}, target_port={edge.target_port!r}"
            lines.append(f"g.connect({called[edge.source]}, {called[edge.target]}, {ports})")
    return "\n".join(lines) + "\n"
