"""A changed line of the generated text changes the node that wrote it, or says why it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.code_edits import CodeEditError, change_nodes, changes
from netlab.compiler.source import generate
from netlab.document import file
from netlab.document.project import Project

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def edit(project: Project, old: str, new: str) -> Project:
    """Replace a piece of the text by another, and see that the graph then writes exactly that."""
    inferred = check(project, fixes=False)
    source = generate(project, inferred)
    assert source.text.count(old) >= 1, source.text
    text = source.text.replace(old, new, 1)
    return change_nodes(project, changes(project, inferred, source, text))


def text_of(project: Project) -> str:
    return generate(project, check(project, fixes=False)).text


def lenet() -> Project:
    return file.load(EXAMPLES / "lenet.netlab")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nn.Linear(1568, 120)", "nn.Linear(1568, 256)"),
        ("nn.Linear(1568, 120)", "nn.Linear(1568, 120, bias=False)"),
        ("nn.Linear(1568, 120)", "nn.Linear(1568, 64, bias=False)"),
        ("kernel_size=5, padding=2", "kernel_size=7, padding=3"),
        ("kernel_size=5, padding=2", "kernel_size=(3, 5), padding=2"),
        ("nn.Linear(1568, 120)", "nn.Linear( 1568,120 ,bias = False )"),
    ],
)
def test_options_follow_the_text(old: str, new: str) -> None:
    changed = edit(lenet(), old, new)
    assert changed != lenet()
    if "( 15" not in new:
        assert new in text_of(changed)
    else:
        assert "nn.Linear(1568, 120, bias=False)" in text_of(changed)


def test_a_line_of_forward_changes_options() -> None:
    g = Graph()
    x = g.add("input", field="point")
    x = g.add("softmax", g.add("linear", x, out_features=8), axis=-1)
    g.add("output", x)
    project = g.project("t", "points")
    assert "softmax(dim=-1)" in text_of(project) or "softmax(x, dim=-1)" in text_of(project)
    changed = edit(project, "dim=-1", "dim=1")
    assert changed.graph.nodes["n3"].options["axis"] == 1


def test_a_name_follows_the_text() -> None:
    before = lenet()
    text = text_of(before)
    line = next(line for line in text.split("\n") if "nn.Linear(1568, 120)" in line)
    name = line.strip().partition(" =")[0].removeprefix("self.")
    changed = edit(before, f"self.{name} = nn.Linear(1568, 120)", "self.widest = nn.Linear(1568, 130)")
    assert "self.widest = nn.Linear(1568, 130)" in text_of(changed)
    assert "self.widest(x)" in text_of(changed)
    also = edit(before, f"self.{name}(x)", "self.widest(x)")
    assert "self.widest = nn.Linear(1568, 120)" in text_of(also)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nn.Linear(1568, 120)", "nn.Linear(1569, 120)", "1568 is what arrives"),
        ("nn.Linear(1568, 120)", "nn.Linear(1568, 0)", "No option"),
        ("nn.Linear(1568, 120)", "nn.Linear(1568, 120, device='cuda')", "No option"),
        ("nn.Linear(1568, 120)", "nn.Bilinear(1568, 120)", "No option"),
        ("nn.Linear(1568, 120)", "nn.Linear(1568, 120", "no complete line"),
        ("nn.Linear(1568, 120)", "__import__('os').system('x')", "No option"),
        ("class Model(nn.Module):", "class Modell(nn.Module):", "not that of one node"),
        ("from torch import nn\n", "", "neither be added nor removed"),
    ],
)
def test_what_cannot_be_led_back_is_said(old: str, new: str, said: str) -> None:
    with pytest.raises(CodeEditError, match=said):
        edit(lenet(), old, new)


def test_several_lines_at_once() -> None:
    project = lenet()
    inferred = check(project, fixes=False)
    source = generate(project, inferred)
    text = source.text.replace("(1568, 120)", "(1568, 100)").replace("(120, 10)", "(100, 12)")
    changed = change_nodes(project, changes(project, inferred, source, text))
    assert "nn.Linear(1568, 100)" in text_of(changed)
    assert "nn.Linear(100, 12)" in text_of(changed)
    with pytest.raises(CodeEditError, match="what arrives"):
        changes(project, inferred, source, text.replace("(100, 12)", "(99, 12)"))


def test_the_same_text_changes_nothing() -> None:
    project = lenet()
    inferred = check(project, fixes=False)
    source = generate(project, inferred)
    assert changes(project, inferred, source, source.text) == []


def test_copies_of_a_block() -> None:
    project = file.load(EXAMPLES / "gpt_blocks.netlab")
    text = text_of(project)
    line = next(line for line in text.split("\n") if "in range(" in line)
    count = line.partition("range(")[2].partition(")")[0]
    changed = edit(project, f"range({count})", "range(7)")
    assert "range(7)" in text_of(changed)


def test_code_of_users_is_changed_in_place() -> None:
    g = Graph()
    x = g.add("input", field="point")
    two = "def f(x, *, scale=2.0):\n    return x * scale\n"
    x = g.add(
        "custom_code", g.add("custom_code", x, definition=two), definition=two.replace("*", "+").replace("+,", "*,")
    )
    g.add("output", x)
    project = g.project("t", "points")
    changed = edit(project, "return x * scale", "y = x\n    return y * scale")
    assert changed.graph.nodes["n2"].options["definition"] == two.replace("return x *", "y = x\n    return y *")
    changed = edit(project, "return x + scale", "return x - scale")
    assert changed.graph.nodes["n3"].options["definition"] == two.replace("x *", "x -")
    with pytest.raises(CodeEditError, match="No option"):
        edit(project, "x = f(point)", "x = g(point)")
