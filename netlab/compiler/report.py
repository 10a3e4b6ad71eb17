"""What `netlab check` says of a project: as plain data, and as a table for people."""

from __future__ import annotations

from typing import Any

from netlab.compiler.infer import Inferred
from netlab.compiler.problem import label_among
from netlab.document.project import Project
from netlab.language import tr


def report(project: Project, inferred: Inferred) -> dict[str, Any]:
    """Shapes of every port, weights and parameters of every node, totals and problems."""
    nodes = []
    for node in project.graph.nodes.values():
        nodes.append(
            {
                "id": node.id,
                "type": node.type,
                "name": node.name,
                "inputs": {port: list(s.sizes) for (n, port), s in inferred.inputs.items() if n == node.id},
                "outputs": {port: list(s.sizes) for (n, port), s in inferred.outputs.items() if n == node.id},
                "weights": {name: list(shape) for name, shape in inferred.weights.get(node.id, {}).items()},
                "parameters": inferred.parameters(node.id),
                "untested": node.id in inferred.untested,
            }
        )
    return {
        "title": project.title,
        "ok": not inferred.blocking,
        "parameters": inferred.parameters(),
        "nodes": nodes,
        "problems": [problem.as_json() for problem in inferred.problems],
    }


def table(project: Project, inferred: Inferred) -> str:
    """One line a node: what it is, what it sends, how many parameters."""
    order = [*inferred.order, *[node for node in project.graph.nodes if node not in inferred.order]]
    rows = []
    for node in order:
        shapes = [str(shape) for (n, _), shape in inferred.outputs.items() if n == node]
        count = inferred.parameters(node)
        told = f"{count:,}" if count else tr("unknown until tested") if node in inferred.untested else ""
        rows.append((label_among(project.graph, node), ", ".join(shapes) or "–", told))
    rows.append(("total", "", f"{inferred.parameters():,}"))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(f"{a:{widths[0]}}  {b:{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows)
