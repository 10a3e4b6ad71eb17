"""Weights that several nodes use, and options of blocks, in shapes, source and training."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from netlab.compiler.blocks import class_of
from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.fixes import apply_fix
from netlab.compiler.standalone import standalone
from netlab.document import edits, file, tying
from netlab.document.blocks import make_block
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine.build import build
from netlab.engine.exporting import export
from netlab.engine.train import run_job
from netlab.options import Int


def tied_gpt() -> tuple[Project, str, str]:
    """The GPT example whose logits use the weights of its embedding (Press and Wolf 2016)."""
    project = file.load(examples()["gpt"])
    by_name = {node.name: node.id for node in project.graph.nodes.values()}
    head, table = by_name["logits"], by_name["token_embedding"]
    return tying.share_weights(project, head, table), head, table


def siamese() -> tuple[Project, str, str]:
    """The same tower over the image and over the image upside down, as one block each."""
    g = Graph()
    image = g.add("flatten", g.add("input", field="image"), name="pixels")
    towers = [g.add("linear", g.add("dropout", image, p=0.0), name="tower", out_features=32) for _ in "ab"]
    scores = g.add("linear", g.add("add", *towers), name="scores", out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"), name="loss")
    return g.project("Two towers", "digits"), towers[0], towers[1]


def batch_of(project: Project) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    if "tokens" in check(project).fields:
        return (torch.randint(0, 60, (2, 64)),)
    return (torch.rand(4, 1, 8, 8),)


def test_logits_may_use_the_weights_of_the_embedding() -> None:
    project, head, table = tied_gpt()
    inferred = check(project)
    assert not inferred.blocking
    built = build(project)
    assert "self.logits.weight = self.token_embedding.weight  # shared weights" in built.source.text
    assert inferred.parameters() == sum(p.numel() for p in built.model.parameters())
    assert inferred.parameters(head) == 0
    first, second = built.module(head), built.module(table)
    assert first is not None and first.weight is second.weight  # type: ignore[union-attr]  # noqa: PT018
    built.model(*batch_of(project)).sum().backward()
    assert torch.isfinite(first.weight.grad).all()  # type: ignore[union-attr,arg-type]
    copied = copy.deepcopy(built.model)
    assert copied.logits.weight is copied.token_embedding.weight
    names: dict[str, Any] = {"__name__": "model"}
    exec(compile(standalone(project, inferred), "model.py", "exec"), names)
    assert names["Model"]().logits.weight.shape == first.weight.shape  # type: ignore[union-attr]


def test_nodes_made_alike_are_one_module() -> None:
    project, first, second = siamese()
    apart = check(project).parameters()
    project = tying.share_weights(project, second, first)
    built = build(project)
    assert "self.tower_2 = self.tower  # shared weights" in built.source.text
    assert check(project).parameters() == apart - 32 * 64 - 32 == sum(p.numel() for p in built.model.parameters())
    assert built.model.tower is built.model.tower_2
    compiled = torch.compile(built.model, backend="eager", fullgraph=True)
    x = batch_of(project)
    assert torch.allclose(compiled(*x), built.model(*x))


def test_blocks_share_all_that_is_inside() -> None:
    project, first, second = siamese()
    for i, tower in enumerate((first, second)):
        project = make_block(project, [tower], f"tower{i}")
    blocks = [n.id for n in project.graph.nodes.values() if n.type == "block"]
    project = tying.share_weights(project, blocks[0], blocks[1])
    inferred = check(project)
    assert not inferred.blocking, inferred.blocking
    built = build(project)
    assert built.source.text.count("(nn.Module):") == 2
    assert "self.tower0 = self.tower1  # shared weights" in built.source.text
    assert inferred.parameters() == sum(p.numel() for p in built.model.parameters())
    assert inferred.parameters(blocks[0]) == 0
    assert built.module(first) is built.module(second)


@pytest.mark.parametrize("make", [tied_gpt, siamese])
def test_runs_and_files_keep_shared_weights(
    make: Callable[[], tuple[Project, str, str]], new_run: Callable[..., Path], tmp_path: Path
) -> None:
    project, first, second = make()
    project = tying.share_weights(project, first, second)
    folder = new_run(project, steps=2)
    assert run_job(folder)["state"] == "finished"
    from netlab.engine import checkpoint

    built = checkpoint.trained(folder)
    a, b = built.module(first), built.module(second)
    assert a is not None and a.weight is b.weight  # type: ignore[union-attr]  # noqa: PT018
    tensors = load_file(str(folder / "checkpoints" / "last.safetensors"))
    assert torch.equal(tensors[f"{first}.weight"], tensors[f"{second}.weight"])
    export(folder, "safetensors", tmp_path / "w.safetensors")
    assert set(load_file(str(tmp_path / "w.safetensors"))) == set(built.model.state_dict())


def test_what_cannot_be_shared_is_said_and_mended() -> None:
    project, first, second = siamese()
    project = tying.share_weights(edits.set_option(project, second, "out_features", 16), second, first)
    problem = next(p for p in check(project).problems if p.code == "shared")
    assert "weight of 32 × 64" in problem.message
    assert "weight of 16 × 64" in problem.message
    assert problem.node == second
    assert problem.fixes[0].label.startswith("Give it the options of")
    for fix in problem.fixes:
        assert not check(apply_fix(project, problem, fix)).blocking


def test_an_owner_that_is_left_out_has_its_place_taken() -> None:
    project, first, second = siamese()
    g = project.graph
    third = edits.fresh_id(g.nodes, "n")
    project = edits.add_node(project, g.nodes[first].__class__(third, "linear", "unused", dict(g.nodes[first].options)))
    source = next(e for e in g.edges.values() if e.target == first)
    project = edits.connect(project, source.source, source.source_port, third, "x")
    project = tying.share_weights(tying.share_weights(project, first, third), second, third)
    built = build(project)
    assert built.model.tower is built.model.tower_2
    assert not hasattr(built.model, "unused")
    assert sum(p.numel() for p in built.model.parameters()) == 32 * 65 + 10 * 33


def test_an_option_of_a_block_is_declared_as_those_that_follow_it() -> None:
    project, first, _ = siamese()
    project = make_block(project, [first], "tower", {"mode": "plain"})
    block = project.graph.nodes[first].parent
    project = tying.bind_option(project, first, "out_features", "width")
    cls = class_of(project.graph, project.graph.nodes[block])
    assert cls is not None
    declared = cls.options()["width"]
    assert isinstance(declared, Int)
    assert declared.max == 1048576 or declared.max > 1000
    assert declared.name == "width"
    wider = edits.set_option(project, block, "width", 24)
    assert check(wider).weights[first]["weight"] == (24, 64)
    wrong = check(edits.set_option(project, block, "width", 0)).blocking
    assert {problem.node for problem in wrong} == {block}
    assert wrong[0].fixes
