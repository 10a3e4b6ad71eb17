"""Make a node of a layer type, ready for the canvas."""

from __future__ import annotations

from netlab.compiler.fields import fields_of
from netlab.document import edits
from netlab.document.graph import Node
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.layers.layer import catalogue


def new_node(project: Project, key: str, x: float, y: float, parent: str = "") -> Node:
    """A node with every option written down; an Input takes the first field that no other Input has yet."""
    layer = catalogue()[key]
    options = plain(layer().values)
    if layer.role == "input":
        fields, _ = fields_of(project.data)
        used = {node.options.get("field") for node in project.graph.nodes.values() if node.type == key}
        free = [field.name for field in fields if field.name not in used] or [field.name for field in fields]
        options["field"] = free[0] if free else ""
    return Node(edits.fresh_id(project.graph.nodes, "n"), key, options=options, x=x, y=y, parent=parent)


def add_wired(project: Project, node: Node, source: str, source_port: str, target: str, target_port: str) -> Project:
    """A new node together with the wire that asked for it, as one step."""
    return edits.connect(edits.add_node(project, node), source, source_port, target, target_port)
