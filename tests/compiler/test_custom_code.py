"""Code of users in the generated text: word for word, under names of its own, and never run on the way there."""

from __future__ import annotations

import ast
from typing import Any

import pytest
import torch

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.definitions import bindings
from netlab.compiler.source import CompileError, Source, generate
from netlab.compiler.standalone import standalone
from netlab.document import edits, file
from netlab.document.project import Project
from netlab.document.trust import digest, is_trusted, trust
from netlab.engine.build import build
from netlab.layers.custom import DEFAULT

SHARED = '''import math
from torch.nn import functional as F

WORDS = """two
lines"""


def helper(x):
    return x * {factor} + (len(WORDS) - 9)


class Gate(nn.Module):
    def __init__(self, d):
        super(Gate, self).__init__()
        self.inner = nn.Linear(d, d)

    def forward(self, x):
        return helper(F.relu(self.inner(x)) / math.sqrt(4.0))
'''


def project(*texts: str, names: tuple[str, ...] = (), rule: str = "same") -> Project:
    """Custom code in a chain between the points and their classes; the first has the id n3."""
    g = Graph()
    x, label = g.add("input", field="point"), g.add("input", field="label")
    for i, text in enumerate(texts):
        x = g.add("custom_code", x, definition=text, rule=rule, name=names[i] if names else "gate")
    x = g.add("linear", x, out_features=2)
    g.add("output", x)
    g.add("cross_entropy_loss", x, label)
    return g.project("Custom", "points", data_options={"points": 64}, device="cpu")


def source_of(*texts: str, **more: Any) -> Source:
    made = project(*texts, **more)
    return generate(made, check(made))


def run(text: str, name: str = "model") -> type[torch.nn.Module]:
    space: dict[str, Any] = {"__name__": name}
    exec(compile(text, "model.py", "exec"), space)
    return space["Model"]


def test_the_text_stands_there_word_for_word() -> None:
    text = SHARED.format(factor=2)
    source = source_of(text, text)
    assert source.text.count(text) == 1, "equal texts are written once"
    assert "self.gate = Gate(d=2)" in source.text
    assert "self.gate_2 = Gate(d=2)" in source.text
    assert source.definitions == {text: ("n3", "n4")}


def test_classes_of_the_same_name_do_not_clash() -> None:
    two, three = SHARED.format(factor=2), SHARED.format(factor=3)
    model = run(source_of(two, three).text)()
    assert type(model.gate) is not type(model.gate_2)
    x = torch.randn(4, 2)
    inner = torch.relu(model.gate.inner(x)) / 2
    assert torch.equal(model.gate(x), inner * 2)
    inner = torch.relu(model.gate_2.inner(x)) / 2
    assert torch.equal(model.gate_2(x), inner * 3)


@pytest.mark.parametrize(
    "name", ["Model", "nn", "torch", "F", "range", "super", "x", "point", "gate", "layer", "print"]
)
def test_no_name_hides_another(name: str) -> None:
    text = f"def {name}(value):\n    return value + 1\n"
    made = project(text, text.replace("1", "2"), names=(name, name))
    trust(text)
    trust(text.replace("1", "2"))
    built = build(made)
    x = torch.randn(3, 2)
    assert torch.equal(built.model(x), built.model.linear(x + 1 + 2))


def test_helpers_do_not_reach_into_netlab_modules() -> None:
    """A standalone file has NetLab's own modules beside the user's text."""
    text = "def attend(x):\n    return x\n\n\ndef SelfAttention(x):\n    return attend(x)\n\n\ndef math(x):\n    return x\n"
    g = Graph()
    tokens = g.add("input", field="tokens")
    x = g.add("embedding", tokens, num_embeddings=300, embedding_dim=8)
    x = g.add("custom_code", g.add("multi_head_attention", x, num_heads=2), definition=text)
    g.add("output", x)
    made = g.project("Custom", "python_docs", data_options={"context": 8})
    inferred = check(made)
    plain, alone = run(generate(made, inferred).text)(), run(standalone(made, inferred))()
    alone.load_state_dict(plain.state_dict())
    tokens_given = torch.randint(0, 300, (2, 8))
    assert torch.equal(plain(tokens_given), alone(tokens_given))


def test_strings_over_several_lines_stay_as_they_are() -> None:
    text = 'A = f"""\n{1}\n  b"""\n\n\ndef Model(x):\n    return x * len(A)\n'
    trust(text)
    built = build(project(text))
    x = torch.randn(3, 2)
    assert torch.equal(built.model(x), built.model.linear(x * len("\n1\n  b")))


def test_every_line_of_a_text_leads_back() -> None:
    two, three = SHARED.format(factor=2), SHARED.format(factor=3)
    source = source_of(two, three)
    lines = source.text.splitlines()
    for node, text in (("n3", two), ("n4", three)):
        at = [line for line in range(1, len(lines) + 1) if source.lines_of_text.get(line, ("",))[0] == text]
        assert len(at) == len(text.splitlines())
        assert all(node in source.nodes_at(line) for line in at)
        assert all(lines[line - 1].endswith(text.splitlines()[source.lines_of_text[line][1] - 1]) for line in at)


def test_standalone_gives_equal_outputs() -> None:
    made = project(SHARED.format(factor=2), SHARED.format(factor=3), DEFAULT)
    inferred = check(made)
    plain, alone = run(generate(made, inferred).text)(), run(standalone(made, inferred))()
    alone.load_state_dict(plain.state_dict())
    x = torch.randn(5, 2)
    assert torch.equal(plain(x), alone(x))


def test_what_a_text_binds() -> None:
    text = "import a.b\nfrom c import d as e\nimport a\nx: int = 1\nfor i in (): pass\nif (w := 1): import q\n"
    assert bindings(text) == {"a": "", "e": "from c import d as e", "x": "", "i": "", "w": "", "q": ""}


def test_nothing_is_built_before_consent() -> None:
    text = SHARED.format(factor=5)
    made = project(text)
    warned = [p for p in check(made).problems if p.code == "consent"]
    assert [(p.node, p.severity) for p in warned] == [("n3", "warning")]
    with pytest.raises(CompileError, match="netlab trust FILE") as caught:
        build(made)
    assert [p.node for p in caught.value.problems] == ["n3"]
    trust(text)
    assert not [p for p in check(made).problems if p.code == "consent"]
    build(made)
    with pytest.raises(CompileError, match="not yet agreed"):
        build(project(text + "\n"))


def test_consent_is_bound_to_the_very_text(tmp_home: Any) -> None:
    text = SHARED.format(factor=6)
    assert not is_trusted(text)
    trust(text)
    kept = list(tmp_home.rglob(f"{digest(text)}.py"))
    assert [path.read_text() for path in kept] == [text]
    assert not is_trusted(text.replace("6", "7"))


def test_the_code_of_a_fresh_node_is_ours() -> None:
    assert build(project(DEFAULT)).model.gate.gate.in_features == 2


HOSTILE = """import pathlib
pathlib.Path({path!r}).write_text("run")


@pathlib.Path({path!r}).write_text
def f(x):
    return x
"""


def test_hostile_code_runs_at_no_step_before_consent(tmp_path: Any) -> None:
    mark = tmp_path / "mark"
    made = project(HOSTILE.format(path=str(mark)))
    file.save(made, tmp_path / "x.netlab")
    made = file.load(tmp_path / "x.netlab")
    inferred = check(made)
    ast.parse(generate(made, inferred).text)
    standalone(made, inferred)
    with pytest.raises(CompileError):
        build(made)
    assert not mark.exists()


def test_what_fails_is_led_back_to_the_line_of_the_code() -> None:
    text = "class Odd(nn.Module):\n    def forward(self, x):\n        y = x * 2\n        return y.view(7, 7)\n"
    trust(text)
    with pytest.raises(CompileError, match=r"gate.*line 4 of its code.*cannot run") as caught:
        build(project(DEFAULT, text))
    assert caught.value.problems[0].node == "n4"
    early = "1 / 0\n\n\ndef f(x):\n    return x\n"
    trust(early)
    with pytest.raises(CompileError, match=r"line 1 of its code.*division by zero"):
        build(project(early))


def test_code_may_look_at_numbers() -> None:
    text = "def f(x):\n    return x * 2 if x.sum().item() > 0 else x\n"
    trust(text)
    built = build(project(text))
    assert torch.equal(built.model(torch.ones(2, 2)), built.model.linear(torch.full((2, 2), 2.0)))


def test_a_rule_that_lies_is_found_before_training() -> None:
    text = "def f(x):\n    return x[:1]\n"
    trust(text)
    with pytest.raises(CompileError, match="Correct the shape rule of Custom code “gate”"):
        build(project(text))


def test_judging_leaves_the_random_numbers_alone() -> None:
    torch.manual_seed(3)
    weights = build(project(DEFAULT)).model.linear.weight
    torch.manual_seed(3)
    model = run(source_of(DEFAULT).text)()
    assert torch.equal(weights, model.linear.weight)


def test_code_that_does_not_parse_is_one_problem_and_keeps_its_wires() -> None:
    made = edits.set_option(project(DEFAULT), "n3", "definition", DEFAULT.replace("forward(", "forward(("))
    told = [p for p in check(made).problems if p.severity == "error"]
    assert [(p.code, p.node) for p in told] == [("option", "n3")]
    assert "line 8" in told[0].message
    assert not told[0].fixes


def test_a_long_text_survives_the_file(tmp_path: Any) -> None:
    text = DEFAULT + "# " + "x" * 60000 + "\n"
    file.save(project(text), tmp_path / "x.netlab")
    assert file.load(tmp_path / "x.netlab").graph.nodes["n3"].options["definition"] == text
