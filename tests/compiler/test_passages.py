"""Bypassed nodes and reroute dots: nothing in the model, and said where they cannot be."""

import pytest
import torch

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.fixes import apply_fix
from netlab.compiler.forecast import forecast
from netlab.compiler.source import CompileError, generate
from netlab.document import blocks, edits, states
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.layers.block import Block


def residual(dots: bool = False) -> Project:
    g = Graph()
    x = g.add("input", field="point", name="in")
    h = g.add("linear", x, out_features=8, name="first")
    h = g.add("reroute", h, name="dot") if dots else h
    deep = g.add("linear", h, out_features=8, name="deep")
    h = g.add("add", h, deep, name="sum")
    y = g.add("linear", h, out_features=2, name="scores")
    y = g.add("reroute", g.add("reroute", y)) if dots else y
    g.add("output", y)
    g.add("cross_entropy_loss", y, g.add("input", field="label"))
    return g.project("Residual", "points")


def text(project: Project) -> str:
    return generate(project, check(project)).text


def named(project: Project, name: str) -> str:
    return next(node.id for node in project.graph.nodes.values() if node.name == name)


def test_dots_leave_no_trace_in_the_model() -> None:
    plain_one, dotted = residual(), residual(dots=True)
    assert not check(dotted).problems
    assert text(dotted) == text(plain_one)
    assert forecast(dotted, check(dotted)).peak == forecast(plain_one, check(plain_one)).peak


def test_a_bypassed_layer_lets_its_input_through_and_has_no_weights() -> None:
    project = residual(dots=True)
    bypassed = states.set_bypassed(project, [named(project, "deep")], True)
    inferred = check(bypassed)
    assert not inferred.problems
    assert inferred.parameters() == check(project).parameters() - (8 * 8 + 8)
    written = text(bypassed)
    assert "deep" not in written
    space: dict = {}
    exec(compile(written, "model.py", "exec"), space)
    model = space["Model"]()
    x = torch.randn(5, 2)
    h = model.first(x)
    assert torch.equal(model(x), model.scores(h + h))


def test_a_bypassed_merge_takes_the_first_input_that_has_the_shape_it_made() -> None:
    g = Graph()
    x = g.add("input", field="point")
    narrow = g.add("linear", x, out_features=1, name="narrow")
    wide = g.add("linear", x, out_features=8, name="wide")
    both = g.add("multiply", narrow, wide, name="gate")
    g.add("output", g.add("linear", both, out_features=2))
    project = g.project("Gate", "points")
    bypassed = states.set_bypassed(project, [named(project, "gate")], True)
    assert str(check(bypassed).outputs[named(project, "gate"), "y"]) == str(
        check(project).outputs[named(project, "wide"), "y"]
    )
    assert "narrow" not in text(bypassed)


def test_a_bypassed_block_takes_its_content_with_it() -> None:
    project = residual()
    project = blocks.make_block(project, [named(project, "deep")], "Inner", plain(Block().values))
    bypassed = states.set_bypassed(project, [named(project, "Inner")], True)
    assert not check(bypassed).blocking
    assert "class Inner" in text(project)
    assert "Inner" not in text(bypassed)


@pytest.mark.parametrize("name", ["in", "cross_entropy_loss"])
def test_what_a_model_cannot_do_without_cannot_be_bypassed(name: str) -> None:
    project = residual()
    node = next(n.id for n in project.graph.nodes.values() if name in (n.name, n.type))
    wrong = states.set_bypassed(project, [node], True)
    (problem,) = [p for p in check(wrong).blocking if p.node == node]
    assert "cannot be bypassed" in problem.message
    assert not check(apply_fix(wrong, problem, problem.fixes[0])).blocking


def test_a_bypass_with_nothing_to_let_through_is_said() -> None:
    project = residual()
    node = named(project, "deep")
    loose = edits.remove(project, [project.graph.into(node)["x"].id])
    problems = [p for p in check(states.set_bypassed(loose, [node], True)).blocking if p.node == node]
    assert "nothing is wired" in problems[0].message


def test_passages_behind_something_unfinished_do_no_harm() -> None:
    g = Graph()
    h = g.add("reroute", g.add("tanh", g.add("linear", name="open"), name="mute"))
    g.add("output", h)
    project = g.project("Open", "points")
    project = states.set_bypassed(project, [named(project, "mute")], True)
    inferred = check(project)
    assert {problem.code for problem in inferred.blocking} >= {"open_port"}
    assert forecast(project, inferred).peak == 0
    with pytest.raises(CompileError):
        generate(project, inferred)
