"""Make a node another kind of layer, keeping what both have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netlab.compiler.blocks import class_of
from netlab.document import edits, rewiring
from netlab.document.graph import BLOCK
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.language import tr
from netlab.layers.layer import catalogue


def as_type(project: Project, node: str, key: str, given: Mapping[str, object] | None = None) -> Project:
    """The node as another layer.

    Options that both have and that are valid stay, `given` ones are set. Wires stay at ports of the same name, then
    at the next free port in order; what finds no port goes.

    Raises:
        EditError: there is no such node or layer.
    """
    old = project.graph.nodes.get(node)
    if old is None or key not in catalogue():
        raise edits.EditError(
            tr("{node!r} cannot become {type!r}; choose a node and a layer that exist.", node=node, type=key)
        )
    if old.type == BLOCK and key != BLOCK:
        raise edits.EditError(tr("A block holds other nodes. Dissolve it before you put something else in its place."))
    before = class_of(project.graph, old)
    cls = catalogue()[key] if key != old.type else before
    assert cls is not None, "the type is known"
    kept = {n: v for n, v in old.options.items() if n in cls.options() and not cls.check_values({n: v})}
    options = plain(cls(**kept | dict(given or {})).values)
    wired_in = [port for port in (before.inputs() if before else ()) if port in project.graph.into(node)]
    wired_in += [port for port in project.graph.into(node) if port not in wired_in]
    wired_out = list(dict.fromkeys(edge.source_port for edge in project.graph.out_of(node)))
    return rewiring.retype(
        project, node, key, options, _matched(wired_in, cls.inputs()), _matched(wired_out, cls.outputs())
    )


def _matched(old: Iterable[str], new: Iterable[str]) -> dict[str, str]:
    """For each old port the new one: of the same name, or else the next that is free."""
    new = list(new)
    found = {port: port for port in old if port in new}
    free = iter(port for port in new if port not in found)
    for port in old:
        if port not in found and (other := next(free, None)) is not None:
            found[port] = other
    return found
