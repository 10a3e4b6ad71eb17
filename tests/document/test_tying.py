"""Nodes that share weights, options that follow those of a block, and copies of blocks that stay equal."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from netlab.document import edits, file, piece, tying
from netlab.document.blocks import dissolve_block, make_block
from netlab.document.copies import content_key
from netlab.document.edits import EditError
from netlab.document.graph import Edge, Graph, Node
from netlab.document.history import Document
from netlab.document.project import Project


def block_of_two() -> Project:
    """Input → block(in → conv n4 → norm n5 → out) → output."""
    nodes = [
        Node("n1", "input"),
        Node("n2", "block", "body", {"mode": "plain"}),
        Node("n3", "block_input", parent="n2"),
        Node("n4", "conv2d", options={"out_channels": 8}, parent="n2"),
        Node("n5", "conv2d", options={"out_channels": 8}, parent="n2"),
        Node("n6", "block_output", parent="n2"),
        Node("n7", "output"),
    ]
    edges = [
        Edge("e1", "n1", "y", "n2", "n3"),
        Edge("e2", "n3", "y", "n4", "x"),
        Edge("e3", "n4", "y", "n5", "x"),
        Edge("e4", "n5", "y", "n6", "x"),
        Edge("e5", "n2", "n6", "n7", "x"),
    ]
    return Project(graph=Graph({n.id: n for n in nodes}, {e.id: e for e in edges}))


def option(project: Project, node: str, name: str = "out_channels") -> Any:
    return project.graph.nodes[node].options[name]


def sound(project: Project) -> None:
    assert file.parse(file.encode(project)) == project


# --- shared weights


def trio() -> Project:
    return Project(graph=Graph({f"n{i}": Node(f"n{i}", "linear") for i in (1, 2, 3, 4)}))


def test_whoever_shares_shares_with_the_owner_itself() -> None:
    project = tying.share_weights(tying.share_weights(trio(), "n2", "n1"), "n3", "n2")
    assert [project.graph.nodes[n].shares for n in ("n1", "n2", "n3")] == ["", "n1", "n1"]
    whole = tying.share_weights(project, "n1", "n4")
    assert [whole.graph.nodes[n].shares for n in ("n1", "n2", "n3", "n4")] == ["n4", "n4", "n4", ""]
    turned = tying.share_weights(project, "n1", "n3")
    assert turned.graph.nodes["n1"].shares == "", "they share already, through n1"
    sound(whole)


@pytest.mark.parametrize("how", [lambda p: edits.remove(p, ["n1"]), lambda p: tying.keep_own_weights(p, "n2")])
def test_the_others_go_on_sharing(how: Callable[[Project], Project]) -> None:
    project = tying.share_weights(tying.share_weights(tying.share_weights(trio(), "n2", "n1"), "n3", "n1"), "n4", "n1")
    left = how(project)
    owners = {n.shares or n.id for n in left.graph.nodes.values() if n.id not in ("n2",)}
    assert len(owners) == 1
    sound(left)


def test_shared_weights_learn_alike_wherever_it_is_said() -> None:
    project = edits.set_frozen(tying.share_weights(trio(), "n2", "n1"), ["n2"], True)
    assert project.graph.nodes["n1"].frozen
    project = edits.set_node_training(project, ["n2"], "learning_rate_factor", 0.1)
    project = tying.share_weights(project, "n3", "n1")
    assert project.graph.nodes["n3"].frozen
    assert all(project.graph.nodes[id].training == {"learning_rate_factor": 0.1} for id in ("n1", "n2", "n3"))


def test_weights_are_not_shared_across_the_border_of_a_block() -> None:
    with pytest.raises(EditError, match="same block"):
        tying.share_weights(block_of_two(), "n4", "n1")
    with pytest.raises(EditError, match="its own weights"):
        tying.share_weights(trio(), "n1", "n1")


# --- options of a block


def with_channels() -> Project:
    project = tying.bind_option(block_of_two(), "n4", "out_channels", "channels")
    return tying.bind_option(project, "n5", "out_channels", "channels")


def test_an_option_of_the_block_leads_those_inside() -> None:
    project = edits.set_option(with_channels(), "n2", "channels", 32)
    assert (option(project, "n4"), option(project, "n5"), option(project, "n2", "channels")) == (32, 32, 32)
    project = edits.set_option(project, "n5", "out_channels", 16)
    assert (option(project, "n4"), option(project, "n5"), option(project, "n2", "channels")) == (16, 16, 16)
    sound(project)


def test_an_option_leads_through_blocks_in_blocks() -> None:
    project = make_block(with_channels(), ["n4", "n5"], "inner")
    inner = next(n for n in project.graph.nodes.values() if n.name == "inner")
    assert inner.bound == {"channels": "channels"}
    project = edits.set_option(project, "n2", "channels", 64)
    assert (option(project, "n4"), option(project, inner.id, "channels")) == (64, 64)
    flat = dissolve_block(project, inner.id)
    assert flat.graph.nodes["n4"].bound == {"out_channels": "channels"}
    assert option(edits.set_option(flat, "n2", "channels", 3), "n5") == 3
    sound(project)
    sound(flat)


def test_an_option_goes_with_the_last_that_follows_it() -> None:
    project = edits.remove(with_channels(), ["n4"])
    assert option(project, "n2", "channels") == 8
    assert "channels" not in tying.unbind_option(project, "n5", "out_channels").graph.nodes["n2"].options
    gone = dissolve_block(with_channels(), "n2")
    assert gone.graph.nodes["n4"].bound == {}
    sound(gone)


def test_a_name_that_the_block_needs_is_refused() -> None:
    for name, wrong in (("mode", "uses 'mode' itself"), ("2 x", "no name")):
        with pytest.raises(EditError, match=wrong):
            tying.bind_option(block_of_two(), "n4", "out_channels", name)
    with pytest.raises(EditError, match="no block"):
        tying.bind_option(block_of_two(), "n1", "field", "name")


# --- copies


def twins(start: Project) -> tuple[Document, str]:
    document = Document(start)
    document.apply("Copy", tying.copy_linked, "n2", 40.0)
    return document, next(n.id for n in document.project.graph.nodes.values() if n.link and n.id != "n2")


def test_an_edit_in_one_copy_happens_in_all() -> None:
    document, copy = twins(block_of_two())
    document.apply("Set", edits.set_option, "n4", "out_channels", 99)
    document.apply("Add", edits.insert_on_edge, "e3", Node("n90", "relu", parent="n2"), "x", "y")
    document.apply("Remove", edits.remove, ["n5"])
    graph = document.project.graph
    assert content_key(graph, "n2") == content_key(graph, copy)
    assert sorted(n.type for n in graph.inside(copy)) == ["block_input", "block_output", "conv2d", "relu"]
    assert {n.id for n in graph.inside(copy)}.isdisjoint(n.id for n in graph.inside("n2"))
    sound(document.project)
    while document.can_undo:
        document.undo()
    assert document.project == block_of_two()


def test_copies_may_differ_in_what_their_own_options_lead() -> None:
    document, copy = twins(with_channels())
    document.apply("Widen", edits.set_option, copy, "channels", 128)
    assert option(document.project, "n4") == 8
    other = next(n for n in document.project.graph.inside(copy) if n.type == "conv2d")
    assert other.options["out_channels"] == 128
    document.apply("Add", edits.insert_on_edge, "e3", Node("n90", "relu", parent="n2"), "x", "y")
    assert option(document.project, other.id) == 128
    document.apply("Unbind", tying.unbind_option, "n4", "out_channels")
    document.apply("Unbind", tying.unbind_option, "n5", "out_channels")
    assert all("channels" not in document.project.graph.nodes[id].options for id in ("n2", copy))
    sound(document.project)


def test_a_new_option_reaches_the_copies() -> None:
    document, copy = twins(block_of_two())
    document.apply("Bind", tying.bind_option, "n4", "out_channels", "channels")
    assert option(document.project, copy, "channels") == 8
    sound(document.project)


def test_the_ports_of_copies_follow_and_take_their_wires_along() -> None:
    document, copy = twins(block_of_two())
    entry = next(n.id for n in document.project.graph.inside(copy) if n.type == "block_input")
    document.apply("Wire", edits.connect, "n1", "y", copy, entry)
    document.apply("Port", edits.add_node, Node("n91", "block_input", "mask", parent="n2"))
    assert sum(n.type == "block_input" for n in document.project.graph.inside(copy)) == 2
    document.apply("No port", edits.remove, ["n3"])
    assert entry not in document.project.graph.nodes
    assert not any(e.target == copy for e in document.project.graph.edges.values())
    sound(document.project)


def test_unlinked_blocks_go_their_own_way() -> None:
    document, copy = twins(block_of_two())
    document.apply("Unlink", tying.unlink, copy)
    document.apply("Set", edits.set_option, "n4", "out_channels", 5)
    assert all(n.options.get("out_channels", 8) == 8 for n in document.project.graph.inside(copy))


def test_a_copy_inside_of_itself_has_no_end_and_is_cut_off() -> None:
    document, _ = twins(block_of_two())
    graph = document.project.graph
    new = piece.renewed(piece.cut_out(graph, ["n2"]), graph, 10.0, "n2")
    document.apply("Paste", edits.add_nodes, new.nodes, new.edges)
    graph = document.project.graph
    inner = next(n for n in graph.inside("n2") if n.type == "block")
    assert inner.link == ""
    assert content_key(graph, "n2") == content_key(
        graph, next(n.id for n in graph.nodes.values() if n.link and n.id != "n2")
    )
    sound(document.project)


def test_files_with_unequal_copies_lose_the_link_and_nothing_else() -> None:
    document, copy = twins(block_of_two())
    other = next(n.id for n in document.project.graph.inside(copy) if n.type == "conv2d")
    wrong = Document(edits.set_option(document.project, other, "out_channels", 7))
    wrong.apply("Set", edits.set_option, "n5", "out_channels", 99)
    assert wrong.project.graph.nodes[copy].link == ""
    assert option(wrong.project, other) == 7


def test_pasted_elsewhere_copies_are_copies_of_each_other() -> None:
    document, copy = twins(block_of_two())
    cut = piece.cut_out(document.project.graph, ["n2", copy])
    both = piece.renewed(cut, Graph(), 0.0)
    assert len({n.link for n in both.nodes if n.type == "block"}) == 1
    alone = piece.renewed(piece.cut_out(document.project.graph, [copy]), Graph(), 0.0)
    assert {n.link for n in alone.nodes} == {""}
    here = piece.renewed(piece.cut_out(document.project.graph, [copy]), document.project.graph, 0.0)
    assert {n.link for n in here.nodes if n.type == "block"} == {document.project.graph.nodes[copy].link}


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_copies_stay_equal(seed: int) -> None:
    lot = random.Random(seed)
    document, _ = twins(with_channels())
    document.apply("Third", tying.copy_linked, "n2", 80.0)
    for count in range(40):
        _anything(document, lot, count)
        graph = document.project.graph
        keys = [str(content_key(graph, n.id)) for n in graph.nodes.values() if n.link == "l1"]
        assert len(set(keys)) <= 1
    sound(document.project)
    end = document.project
    while document.can_undo:
        document.undo()
    assert document.project == with_channels()
    while document.can_redo:
        document.redo()
    assert document.project == end


def _anything(document: Document, lot: random.Random, count: int) -> None:
    graph = document.project.graph
    blocks = [n.id for n in graph.nodes.values() if n.link == "l1"]
    inside = [n.id for b in blocks for n in graph.nodes.values() if n.id in graph.within([b]) - {b}]
    if not inside:
        return
    node = graph.nodes[lot.choice(inside)]
    fresh = edits.fresh_id(graph.nodes, "n")
    try:
        match lot.randrange(8):
            case 0:
                document.apply("Set", edits.set_option, node.id, "out_channels", count)
            case 1:
                document.apply("Add", edits.add_node, Node(fresh, "relu", x=float(count), parent=node.parent))
            case 2 if len(inside) > 6:
                document.apply("Remove", edits.remove, [node.id])
            case 3:
                other = lot.choice(graph.inside(node.parent))
                document.apply("Wire", edits.connect, node.id, "y", other.id, "x")
            case 4:
                document.apply("Move", edits.move, {node.id: (float(count), 0.0)})
            case 5:
                document.apply("Block", make_block, [node.id], f"b{count}", {"mode": "plain"})
            case 6 if node.type == "block":
                document.apply("Dissolve", dissolve_block, node.id)
            case 7:
                document.apply("Bind", tying.bind_option, node.id, "out_channels", "channels")
    except EditError:
        pass
