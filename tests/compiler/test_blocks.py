"""Blocks: made from nodes and dissolved again, run once, in copies, and along time."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netlab.compiler.blocks import along
from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.problem import label_among
from netlab.compiler.source import generate
from netlab.compiler.standalone import standalone
from netlab.document import edits, file, tying
from netlab.document.blocks import dissolve_block, make_block
from netlab.document.examples import examples
from netlab.document.graph import BLOCK
from netlab.document.project import Project
from netlab.engine.build import Built, build, compile


def gpt_with_blocks() -> tuple[Project, list[str]]:
    """The GPT example with each of its two layers in a block."""
    project = file.load(examples()["gpt"])
    by_name = {node.name: node.id for node in project.graph.nodes.values()}
    blocks = []
    for i in (1, 2):
        names = ["norm{}a", "attention{}", "residual{}a", "norm{}b", "expand{}", "gelu{}", "contract{}", "residual{}b"]
        project = make_block(project, [by_name[name.format(i)] for name in names], f"layer{i}")
        blocks.append(next(n.id for n in project.graph.nodes.values() if n.name == f"layer{i}"))
    return project, blocks


def run(built: Built, tokens: torch.Tensor) -> torch.Tensor:
    built.model.eval()
    with torch.no_grad():
        return built.model(tokens)


def test_a_block_changes_nothing_but_the_text() -> None:
    flat = build(file.load(examples()["gpt"]))
    project, _ = gpt_with_blocks()
    assert not check(project).blocking
    nested = build(project)
    tokens = torch.randint(0, 100, (2, 64))
    weights = {stored: flat.model.state_dict()[name] for name, stored in flat.names().items()}
    renamed = {name: _find(weights, stored) for name, stored in nested.names().items()}
    nested.model.load_state_dict(renamed)
    assert torch.equal(run(flat, tokens), run(nested, tokens))
    assert check(project).parameters() == check(file.load(examples()["gpt"])).parameters()


def _find(weights: dict[str, torch.Tensor], stored: str) -> torch.Tensor:
    """The tensor of the flat model: the innermost node id is the same."""
    return next(tensor for name, tensor in weights.items() if stored == name or stored.endswith(f".{name}"))


def test_equal_blocks_are_one_class() -> None:
    project, _ = gpt_with_blocks()
    for i in (1, 2):
        for node in list(project.graph.nodes.values()):
            if node.name and node.name.rstrip("ab").endswith(str(i)) and node.parent:
                project = edits.rename(project, node.id, node.name.replace(str(i), ""))
    text = generate(project, check(project)).text
    assert text.count("(nn.Module):") == 2
    assert text.count("Layer()") == 2
    assert "self.layer1 = Layer()" in text


def test_dissolving_gives_back_the_graph() -> None:
    before = file.load(examples()["gpt"])
    project, blocks = gpt_with_blocks()
    for block in blocks:
        project = dissolve_block(project, block)
    wires = {(e.source, e.source_port, e.target, e.target_port) for e in project.graph.edges.values()}
    assert wires == {(e.source, e.source_port, e.target, e.target_port) for e in before.graph.edges.values()}
    assert project.graph.nodes.keys() == before.graph.nodes.keys()
    assert all(not node.parent for node in project.graph.nodes.values())


@pytest.mark.parametrize("share", [False, True])
def test_repeat_runs_copies_behind_each_other(share: bool) -> None:
    project, blocks = gpt_with_blocks()
    project = edits.remove(project, [blocks[1]])
    target = next(n.id for n in project.graph.nodes.values() if n.name == "norm")
    port = next(n.id for n in project.graph.inside(blocks[0]) if n.type == "block_output")
    project = edits.connect(project, blocks[0], port, target, "x")
    once = check(project).parameters(), build(project)
    project = edits.set_options(project, blocks[0], {"mode": "repeat", "repeat": 3, "share_weights": share})
    inferred = check(project)
    assert not inferred.blocking
    built = build(project)
    own = sum(p.numel() for p in built.model.parameters())
    assert own == inferred.parameters()
    assert (own == once[0]) == share
    path = built.source.modules_of_node[blocks[0]][0][0]
    module = built.model.get_submodule(path)
    copies = [module] * 3 if share else list(module.children())
    assert len(copies) == 3
    x = torch.randn(2, 64, 96)
    built.model.eval()
    by_hand = x
    for copy in copies:
        by_hand = copy(by_hand)
    seen = {}
    norm = built.module(target)
    assert norm is not None
    norm.register_forward_pre_hook(lambda _, args: seen.update(x=args[0]))
    first = built.module(next(n.id for n in project.graph.nodes.values() if n.name == "position"))
    assert first is not None
    first.register_forward_hook(lambda *_: x)
    built.model(torch.randint(0, 100, (2, 64)))
    assert torch.equal(seen["x"], by_hand)
    assert len(set(built.names().values())) == len(built.names())


def test_a_frozen_block_freezes_all_copies() -> None:
    project, blocks = gpt_with_blocks()
    project = edits.set_options(project, blocks[0], {"mode": "repeat", "repeat": 2})
    built = build(edits.set_frozen(project, [blocks[0]], True))
    module = built.module(blocks[0])
    assert module is not None
    assert not any(p.requires_grad for p in module.parameters())
    assert any(p.requires_grad for p in built.model.parameters())


def scan_of_gates() -> Project:
    """h ← tanh(W x + U h) along the rows of a digit."""
    g = Graph()
    rows = g.add("input", field="rows", name="rows")
    block = g.block("cell", mode="scan")
    with g.inside(block):
        x, h = g.add("block_input", name="x"), g.add("block_input", name="h", size=24)
        new = g.add("tanh", g.add("add", g.add("linear", x, name="wx", out_features=24),
                                  g.add("linear", h, name="uh", out_features=24)))  # fmt: skip
        y = g.add("block_output", new, name="y")
        g.add("block_output", new, name="h")
    g.connect(rows, block, target_port=x)
    last = g.add("select_time")
    g.connect(block, last, source_port=y, target_port="x")
    scores = g.add("linear", last, name="scores", out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    return g.project("RNN from parts", "digits", data_options={"as_rows": True})


def test_a_scan_of_gates_is_an_rnn() -> None:
    project = scan_of_gates()
    assert not check(project).blocking, [p.message for p in check(project).blocking]
    model = compile(project).eval()
    rnn = nn.RNN(8, 24, batch_first=True)
    cell = model.get_submodule("cell")
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(cell.wx.weight)  # type: ignore[union-attr, operator]
        rnn.bias_ih_l0.copy_(cell.wx.bias)  # type: ignore[union-attr, operator]
        rnn.weight_hh_l0.copy_(cell.uh.weight)  # type: ignore[union-attr, operator]
        rnn.bias_hh_l0.copy_(cell.uh.bias)  # type: ignore[union-attr, operator]
        rows = torch.randn(5, 8, 8)
        wanted = model.get_submodule("scores")(rnn(rows)[0][:, -1])
        assert (model(rows) - wanted).abs().max() < 1e-5


def test_a_growing_state_is_refused_with_a_fix_that_works() -> None:
    from netlab.compiler.fixes import apply_fix

    project = scan_of_gates()
    h = next(n.id for n in project.graph.nodes.values() if n.type == "block_input" and n.name == "h")
    wrong = edits.set_option(project, h, "size", 7)
    problem = check(wrong).blocking[0]
    assert "keep its shape" in problem.message
    assert any(not check(apply_fix(wrong, problem, fix)).blocking for fix in problem.fixes)


def test_standalone_holds_the_classes() -> None:
    project, _ = gpt_with_blocks()
    scope: dict[str, object] = {}
    exec(standalone(project, check(project)).split('if __name__ == "__main__"')[0], scope)
    assert isinstance(scope["Model"](), nn.Module)  # type: ignore[operator]


def test_nested_blocks_and_removal() -> None:
    project, blocks = gpt_with_blocks()
    inner = [n.id for n in project.graph.inside(blocks[0]) if n.name in ("expand1", "gelu1", "contract1")]
    project = make_block(project, inner, "feed forward")
    assert not check(project).blocking
    text = generate(project, check(project)).text
    assert text.index("class FeedForward") < text.index("class Layer")
    built = build(project)
    assert run(built, torch.randint(0, 100, (2, 64))).shape == (2, 64, 104)
    names = [label_among(project.graph, id) for id in project.graph.nodes]
    assert {"Linear “layer1 › feed forward › expand1”", "Embedding “token_embedding”"} <= set(names)
    known = check(project)
    flow = [label_among(project.graph, node) for node in along(project.graph, known.order)]
    inside = [i for i, name in enumerate(flow) if "“layer1 › " in name]
    assert inside == list(range(inside[0], inside[-1] + 1))
    assert flow.index("LayerNorm “layer1 › norm1b”") < flow.index("Linear “layer1 › feed forward › expand1”")
    gone = edits.remove(project, [blocks[0]])
    assert all(n.type != BLOCK or n.id == blocks[1] for n in gone.graph.nodes.values())
    file.encode(gone)


def test_wires_never_cross_a_border() -> None:
    project, blocks = gpt_with_blocks()
    outside = next(n.id for n in project.graph.nodes.values() if n.name == "position")
    inside = next(n.id for n in project.graph.inside(blocks[0]) if n.name == "norm1a")
    with pytest.raises(edits.EditError, match="border"):
        edits.connect(project, outside, "y", inside, "x")


def test_the_lstm_example_is_an_lstm() -> None:
    """Every gate a node in a scanned block; the same numbers as nn.LSTM with the same weights."""
    project = file.load(examples()["lstm_from_gates"])
    model = compile(project).eval()
    cell = model.get_submodule("cell")
    size, width = 48, 8
    lstm = nn.LSTM(width, size, batch_first=True)
    gates = [cell.write, cell.forget, cell.candidate, cell.show]  # torch's order: i, f, g, o
    with torch.no_grad():
        joined = torch.cat([gate.weight for gate in gates])  # type: ignore[union-attr, arg-type]
        lstm.weight_ih_l0.copy_(joined[:, :width])
        lstm.weight_hh_l0.copy_(joined[:, width:])
        lstm.bias_ih_l0.copy_(torch.cat([gate.bias for gate in gates]))  # type: ignore[union-attr, arg-type]
        lstm.bias_hh_l0.zero_()
        rows = torch.randn(5, 8, width)
        wanted = model.get_submodule("scores")(lstm(rows)[0][:, -1])
        assert (model(rows) - wanted).abs().max() < 1e-5


def gru_of_gates(size: int = 12) -> Project:
    """h ← (1 − z) n + z h, with the reset gate inside of n as torch has it."""
    g = Graph()
    rows = g.add("input", field="rows")
    block = g.block("cell", mode="scan")
    with g.inside(block):
        x, h = g.add("block_input", name="x"), g.add("block_input", name="h", size=size)

        def both(name: str) -> tuple[str, str]:
            return (g.add("linear", x, name=f"x_{name}", out_features=size),
                    g.add("linear", h, name=f"h_{name}", out_features=size))  # fmt: skip

        reset, update = (g.add("sigmoid", g.add("add", *both(name))) for name in ("r", "z"))
        new_x, new_h = both("n")
        new = g.add("tanh", g.add("add", new_x, g.add("multiply", reset, new_h)))
        moved = g.add("multiply", update, g.add("subtract", h, new))
        state = g.add("add", new, moved)
        y = g.add("block_output", state, name="y")
        g.add("block_output", state, name="h")
    g.connect(rows, block, target_port=x)
    last = g.add("select_time")
    g.connect(block, last, source_port=y, target_port="x")
    g.add("output", last)
    return g.project("GRU from parts", "digits", data_options={"as_rows": True})


def test_a_scan_of_gates_is_a_gru() -> None:
    model = compile(gru_of_gates()).eval()
    cell = model.get_submodule("cell")
    gru = nn.GRU(8, 12, batch_first=True)
    with torch.no_grad():
        for side, kind in (("x", "ih"), ("h", "hh")):
            parts = [getattr(cell, f"{side}_{gate}") for gate in ("r", "z", "n")]
            getattr(gru, f"weight_{kind}_l0").copy_(torch.cat([part.weight for part in parts]))
            getattr(gru, f"bias_{kind}_l0").copy_(torch.cat([part.bias for part in parts]))
        rows = torch.randn(5, 8, 8)
        assert (model(rows) - gru(rows)[0][:, -1]).abs().max() < 1e-5


def test_what_is_wrong_at_a_block_is_said_once_and_by_the_names_of_its_ports() -> None:
    project, blocks = gpt_with_blocks()
    project = tying.copy_linked(project, blocks[0], 40.0)
    problems = check(project).problems
    assert [p.code for p in problems] == ["open_port", "unused"]
    assert "input 'x'" in problems[0].message
