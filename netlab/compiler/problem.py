"""A problem: what is wrong with a project, where, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netlab.compiler.blocks import ancestors
from netlab.document.graph import Graph, Node
from netlab.language import tr
from netlab.layers.layer import catalogue
from netlab.layers.shape import Fix

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint, in words for the user.

    Attributes:
        code: stable name of the rule, e.g. ``shape`` or ``open_port``.
        message: the sentence, with place and remedy.
        node, port, edge: ids of where it sits, "" where that does not apply.
        severity: an ``error`` blocks training, a ``warning`` does not.
        fixes: changes on offer, each applied by `netlab.compiler.fixes.apply_fix`.
        where: the place in words, e.g. ``Linear “fc1”``.
    """

    code: str
    message: str
    node: str = ""
    port: str = ""
    edge: str = ""
    severity: str = ERROR
    fixes: tuple[Fix, ...] = ()
    where: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "code": self.code,
            "severity": self.severity,
            "where": self.where,
            "node": self.node,
            "port": self.port,
            "message": self.message,
            "fix": [fix.label for fix in self.fixes],
        }


def label(node: Node) -> str:
    """What to call a node in a sentence: ``Linear “fc1”``, or ``Linear n3`` while it has no name."""
    return _labelled(node, node.name)


def label_among(graph: Graph, id: str) -> str:
    """What to call a node where others may bear its name: with the blocks around it, ``LayerNorm “layer 2 › norm1”``."""
    node = graph.nodes[id]
    names = [block.name or block.id for block in reversed([*ancestors(graph, id)])]
    return _labelled(node, " › ".join([*names, node.name or id]) if names else node.name)


def _labelled(node: Node, name: str) -> str:
    cls = catalogue().get(node.type)
    title = tr(cls.title()) if cls else node.type
    return tr("{kind} “{name}”", kind=title, name=name) if name else tr("{kind} {id}", kind=title, id=node.id)
