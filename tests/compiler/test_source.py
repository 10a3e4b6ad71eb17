"""The text: readable, safe whatever the user typed, equal when it stands alone."""

import ast
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from netlab.compiler.builder import Graph
from netlab.compiler.check import check
from netlab.compiler.names import RESERVED, identifier
from netlab.compiler.source import CompileError, generate
from netlab.compiler.standalone import standalone
from netlab.document.project import Project


def transformer(name: str = "attention") -> Project:
    g = Graph()
    tokens = g.add("input", field="tokens")
    x = g.add("embedding", tokens, num_embeddings=300, embedding_dim=16)
    x = g.add("positional_encoding", x)
    normed = g.add("layer_norm", x)
    attention = g.add("multi_head_attention", normed, name=name, num_heads=2, causal=True)
    x = g.add("add", x, attention)
    logits = g.add("linear", x, name="logits", out_features=300)
    g.add("output", logits)
    g.add("cross_entropy_loss", logits, g.add("input", field="next_token"), name="loss")
    return g.project('A title with "quotes" and ü', "python_docs", data_options={"context": 16})


def run(text: str) -> type[torch.nn.Module]:
    space: dict = {}
    exec(compile(text, "model.py", "exec"), space)
    return space["Model"]


def test_it_reads_like_a_model_written_by_hand():
    project = transformer()
    source = generate(project, check(project))
    assert "self.attention = MultiHeadAttention(16, 2, causal=True)" in source.text
    assert "x = self.embedding(tokens)  # (B, 16, 16)" in source.text
    assert "def forward(self, tokens, next_token=None):" in source.text
    assert source.text.isascii()
    for line, node in source.node_of_line.items():
        assert node in project.graph.nodes
        assert source.text.splitlines()[line - 1].startswith("        ")


def test_every_line_of_a_node_leads_back_to_it():
    project = transformer()
    source = generate(project, check(project))
    lines = source.text.splitlines()
    of_attention = [lines[n - 1] for n, node in source.node_of_line.items() if node == "n5"]
    assert len(of_attention) == 2
    assert all("self.attention" in line for line in of_attention)


def test_the_residual_keeps_its_value():
    """x is read by the norm and again by the add, so the branch must not overwrite it."""
    project = transformer()
    torch.manual_seed(0)
    model = run(generate(project, check(project)).text)().eval()
    tokens = torch.randint(0, 300, (2, 16))
    with torch.no_grad():
        x = model.positional_encoding(model.embedding(tokens))
        expected = model.logits(x + model.attention(model.layer_norm(x)))
        assert torch.equal(model(tokens), expected)


def test_losses_come_with_targets():
    project = transformer()
    source = generate(project, check(project))
    model = run(source.text)()
    batch = {"tokens": torch.randint(0, 90, (2, 16)), "next_token": torch.randint(0, 90, (2, 16))}
    logits, readings = model(**source.arguments(batch))
    assert logits.shape == (2, 16, 300)
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["next_token"].flatten())
    assert torch.equal(readings["loss"], expected)
    assert 0 <= float(readings["accuracy"]) <= 1


def test_two_losses_are_weighted_and_summed():
    g = Graph()
    x = g.add("input", field="features")
    scores = g.add("linear", x, out_features=3)
    g.add("output", scores)
    label = g.add("input", field="label")
    g.add("cross_entropy_loss", scores, label, name="main")
    g.add("cross_entropy_loss", scores, label, name="side", weight=0.25)
    project = g.project("two", "iris")
    source = generate(project, check(project))
    model = run(source.text)()
    batch = {"features": torch.randn(4, 4), "label": torch.tensor([0, 1, 2, 0])}
    _, readings = model(**source.arguments(batch))
    assert torch.isclose(readings["loss"], readings["main"] + 0.25 * readings["side"])


def test_an_autoencoder_has_no_target_of_its_own():
    g = Graph()
    x = g.add("input", field="features")
    code = g.add("linear", x, out_features=2)
    back = g.add("linear", code, out_features=4)
    g.add("output", back)
    g.add("mse_loss", back, x)
    project = g.project("auto", "iris")
    source = generate(project, check(project))
    model = run(source.text)()
    features = torch.randn(3, 4)
    assert model(features).shape == (3, 4)
    outputs, readings = model(**source.arguments({"features": features}))
    assert torch.isclose(readings["loss"], ((outputs - features) ** 2).mean())


def test_standalone_needs_only_torch_and_is_bit_equal(tmp_path):
    project = transformer()
    inferred = check(project)
    text = standalone(project, inferred)
    assert "netlab" not in text.split('"""', 2)[2]
    torch.manual_seed(3)
    shown = run(generate(project, inferred).text)().eval()
    torch.manual_seed(3)
    alone = run(text)().eval()
    tokens = torch.randint(0, 300, (2, 16))
    assert torch.equal(shown(tokens), alone(tokens))
    assert shown.state_dict().keys() == alone.state_dict().keys()
    path = tmp_path / "model.py"
    path.write_text(text)
    done = subprocess.run(
        [sys.executable, "-I", str(path)], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "(2, 16, 300)" in done.stdout


ALLOWED = (
    ast.Module, ast.Expr, ast.Constant, ast.Import, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef,
    ast.arguments, ast.arg, ast.Attribute, ast.Name, ast.Load, ast.Store, ast.Assign, ast.Call, ast.keyword, ast.Return,
    ast.Tuple,
    ast.List, ast.If, ast.Compare, ast.Is, ast.Eq, ast.BinOp, ast.Add, ast.Mult, ast.Dict, ast.UnaryOp, ast.USub,
    ast.Subscript, ast.Slice, ast.UnaryOp, ast.Not, ast.Sub, ast.Div, ast.NotEq,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_hostile_names_stay_names(name):
    project = transformer(name)
    text = generate(project, check(project)).text
    assert text.isascii()
    for node in ast.walk(ast.parse(text)):
        assert isinstance(node, ALLOWED), ast.dump(node)
    run(text)()


@pytest.mark.parametrize(
    "name", ["x", "self", "forward", "import", "None", "train", "__class__", "__init__", "F", "torch"]
)
def test_names_that_would_break_the_model(name):
    assert identifier(name, "layer") not in RESERVED
    project = transformer(name)
    model = run(generate(project, check(project)).text)()
    assert model(torch.zeros(1, 16, dtype=torch.long)).shape == (1, 16, 300)


def test_a_faulty_graph_is_refused_in_words():
    g = Graph()
    g.add("output")
    project = g.project("x", "iris")
    with pytest.raises(CompileError, match="Nothing is wired"):
        generate(project, check(project))
