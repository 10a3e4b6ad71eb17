"""Edits that tie nodes to each other: shared weights, options of a block that lead others, copies that stay equal."""

from __future__ import annotations

import msgspec

from netlab.document import edits, piece, ties
from netlab.document.graph import BLOCK, Graph, Node
from netlab.document.project import Project
from netlab.language import tr

replace = msgspec.structs.replace


def share_weights(project: Project, node_id: str, owner_id: str) -> Project:
    """Let a node, and all that shared with it, use the weights of another (Press and Wolf 2016 for embeddings).

    Raises:
        EditError: an unknown node, a node with itself, or nodes in different blocks.
    """
    graph = project.graph
    node, owner = _node(graph, node_id), _node(graph, owner_id)
    if owner.parent != node.parent:
        raise edits.EditError(tr("Weights can be shared only between nodes of the same block. Move one of them first."))
    root = owner.shares or owner.id
    family = ties.family(graph, node_id)
    if root in family and len(family) == 1:
        raise edits.EditError(tr("A node has its own weights already; choose another one to share with."))
    nodes = dict(graph.nodes)
    alike = {"frozen": nodes[root].frozen, "training": nodes[root].training}
    for id in family:
        nodes[id] = replace(nodes[id], shares="" if id == root else root, **alike)
    return _with(project, nodes)


def keep_own_weights(project: Project, node_id: str) -> Project:
    """Give a node weights of its own again; the others that shared go on sharing among themselves."""
    node = _node(project.graph, node_id)
    graph = ties.after_removal(_with(project, {**project.graph.nodes, node_id: replace(node, shares="")}).graph, [node])
    return replace(project, graph=graph)


def bind_option(project: Project, node_id: str, option: str, name: str) -> Project:
    """Let an option follow an option `name` of the block around; a new one begins with the value that is there.

    Raises:
        EditError: the node lies in no block or has no such option, or the block has another use for the name.
    """
    graph = project.graph
    node = _node(graph, node_id)
    name = name.strip()
    if not node.parent:
        raise edits.EditError(tr("The node lies in no block, so there is nothing that its option could follow."))
    if option not in node.options:
        raise edits.EditError(tr("The node has no option {option!r} to bind.", option=option))
    block = graph.nodes[node.parent]
    if not name.isidentifier() or not name.isascii():
        raise edits.EditError(
            tr("{name!r} is no name for an option: use letters, digits and _, e.g. channels.", name=name)
        )
    known = ties.followers(graph, block.id)
    if name in block.options and name not in known:
        raise edits.EditError(tr("The block uses {name!r} itself; choose another name.", name=name))
    value = block.options.get(name, node.options[option])
    bound = replace(node, bound={**node.bound, option: name})
    graph = Graph({**graph.nodes, node.id: bound}, graph.edges, graph.frames)
    graph = ties.put_options(graph, block.id, {name: value})
    return replace(project, graph=ties.without_unused(graph, block.id, [*node.bound.values()]))


def unbind_option(project: Project, node_id: str, option: str) -> Project:
    """Let an option stand for itself again, with the value it has."""
    node = _node(project.graph, node_id)
    if option not in node.bound:
        raise edits.EditError(tr("The option {option!r} follows nothing.", option=option))
    name = node.bound[option]
    left = {key: value for key, value in node.bound.items() if key != option}
    graph = _with(project, {**project.graph.nodes, node_id: replace(node, bound=left)}).graph
    return replace(project, graph=ties.without_unused(graph, node.parent, [name]))


def link(project: Project, block_id: str) -> Project:
    """Mark a block, so that copies of it stay equal to it."""
    node = _node(project.graph, block_id)
    if node.type != BLOCK:
        raise edits.EditError(tr("Only blocks can have copies that follow them. Make a block first."))
    if node.link:
        return project
    taken = [other.link for other in project.graph.nodes.values()]
    return _with(project, {**project.graph.nodes, block_id: replace(node, link=edits.fresh_id(taken, "l"))})


def copy_linked(project: Project, block_id: str, shift: float) -> Project:
    """A copy of a block beside it, under ids of its own; from now on an edit inside of one happens in both."""
    project = link(project, block_id)
    graph = project.graph
    new = piece.renewed(piece.cut_out(graph, [block_id]), graph, shift, graph.nodes[block_id].parent)
    return edits.add_nodes(project, new.nodes, new.edges)


def unlink(project: Project, block_id: str) -> Project:
    """Let a block be edited by itself again."""
    node = _node(project.graph, block_id)
    return _with(project, {**project.graph.nodes, block_id: replace(node, link="")})


def _node(graph: Graph, id: str) -> Node:
    node = graph.nodes.get(id)
    if node is None:
        raise edits.EditError(tr("There is no node {id!r}.", id=id))
    return node


def _with(project: Project, nodes: dict[str, Node]) -> Project:
    return replace(project, graph=Graph(nodes, project.graph.edges, project.graph.frames))
