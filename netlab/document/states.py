"""Edits of the states that a node can be in, and of several nodes at once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from netlab.document.edits import EditError
from netlab.document.graph import Graph
from netlab.document.project import Project
from netlab.language import tr


def set_pinned(project: Project, ids: Iterable[str], pinned: bool) -> Project:
    """Make auto-layout leave nodes where they are (True) or not."""
    return _with_state(project, ids, pinned=bool(pinned))


def set_bypassed(project: Project, ids: Iterable[str], bypassed: bool) -> Project:
    """Leave nodes out, so that what enters them leaves them unchanged (True), or let them work again."""
    return _with_state(project, ids, bypassed=bool(bypassed))


def _with_state(project: Project, ids: Iterable[str], **state: bool) -> Project:
    graph = project.graph
    nodes = dict(graph.nodes)
    for id in ids:
        if id not in nodes:
            raise EditError(tr("There is no node {id!r}.", id=id))
        nodes[id] = msgspec.structs.replace(nodes[id], **state)
    return msgspec.structs.replace(project, graph=Graph(nodes, graph.edges, graph.frames))
