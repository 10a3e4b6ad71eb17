"""The blocks of the library: each runs, follows its options, and equals what torch has of it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netlab.compiler.blocks import class_of
from netlab.compiler.check import check
from netlab.compiler.source import generate
from netlab.document import edits, file, library
from netlab.document.graph import Graph, Node
from netlab.document.piece import cut_out
from netlab.document.project import DataChoice, Project
from netlab.engine.build import compile

IMAGES = {"residual_block", "bottleneck", "inception", "squeeze_excitation", "inverted_residual",
          "double_convolution", "dense_layer", "convnext_block"}  # fmt: skip
SQUARE = {"inverted_residual": {"channels": 64}, "mixer_layer": {"tokens": 12, "channels": 64}}


def around(key: str, **options: object) -> tuple[Project, str]:
    """A model of one block: something that makes its input before it, an output behind it."""
    name = key.removeprefix(library.PREFIX)
    image = name in IMAGES
    data = DataChoice("digits" if image else "python_docs", {} if image else {"tokenizer": "char", "context": 12})
    field = "image" if image else "tokens"
    first = ("conv2d", {"out_channels": 64}) if image else ("embedding", {"num_embeddings": 16, "embedding_dim": 64})
    project = Project(data=data, graph=Graph({"n1": Node("n1", "input", options={"field": field})}))
    project = edits.add_node(project, Node("n2", first[0], "before", first[1]))
    project = edits.connect(project, "n1", "y", "n2", "x")
    piece, block = library.piece_of(library.paths()[key], project.graph, 300.0, 0.0)
    project = edits.add_nodes(project, piece.nodes, piece.edges)
    project = edits.set_options(project, block, {**SQUARE.get(name, {}), **options})
    cls = class_of(project.graph, project.graph.nodes[block])
    assert cls is not None
    for port, declared in cls.inputs().items():
        project = project if declared.optional else edits.connect(project, "n2", "y", block, port)
    project = edits.add_node(project, Node("n900", "output", "out"))
    return edits.connect(project, block, next(iter(cls.outputs())), "n900", "x"), block


def wrong_with(project: Project) -> list[str]:
    return [p.message for p in check(project).blocking if p.code not in ("no_loss", "vocabulary")]


def inputs_of(project: Project) -> torch.Tensor:
    return torch.rand(2, 1, 8, 8) if project.data.source == "digits" else torch.randint(0, 10, (2, 12))


@pytest.mark.parametrize("key", library.paths())
def test_it_runs_and_learns(key: str) -> None:
    project, block = around(key)
    assert not wrong_with(project)
    model = compile(project)
    out = model(inputs_of(project))
    out.square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())
    assert check(project).parameters(block) > 0
    shipped, _ = library.read(library.paths()[key])
    assert shipped.about.endswith(".")
    assert file.encode(shipped) == library.paths()[key].read_bytes(), "not in canonical form: make it again"


@pytest.mark.parametrize("key", library.paths())
def test_its_own_options_are_wired_to_something(key: str) -> None:
    project, block = around(key)
    node = project.graph.nodes[block]
    own = node.options.keys() - {"mode", "repeat", "share_weights"}
    assert own
    for name in own:
        before = check(project).weights
        changed = edits.set_option(project, block, name, node.options[name] * 2)
        assert project.graph.nodes != changed.graph.nodes
        heads = name == "num_heads"  # changes what is computed, not the weights
        assert heads or check(changed).weights != before or wrong_with(changed)


def attention_weights(ours: nn.Module, prefix: str) -> dict[str, torch.Tensor]:
    """The weights of our attention under the names of nn.MultiheadAttention."""
    state = ours.state_dict()
    parts = [f"{p}_proj" for p in "qkv"]
    if f"{parts[0]}.weight" in state:
        weight, bias = (torch.cat([state[f"{p}.{kind}"] for p in parts]) for kind in ("weight", "bias"))
    else:
        weight, bias = state["qkv_proj.weight"], state["qkv_proj.bias"]
    return {f"{prefix}.in_proj_weight": weight, f"{prefix}.in_proj_bias": bias,
            f"{prefix}.out_proj.weight": state["out_proj.weight"], f"{prefix}.out_proj.bias": state["out_proj.bias"]}  # fmt: skip


def plain(ours: nn.Module, names: dict[str, str]) -> dict[str, torch.Tensor]:
    state = ours.state_dict()
    return {f"{b}.{kind}": state[f"{a}.{kind}"] for a, b in names.items() for kind in ("weight", "bias")}


def test_the_open_encoder_layer_is_that_of_torch() -> None:
    project, _ = around("block:encoder_layer")
    ours = compile(project).eval().encoder_layer
    theirs = nn.TransformerEncoderLayer(64, 4, 256, 0.0, batch_first=True).eval()
    names = {"norm1": "norm1", "norm2": "norm2", "expand": "linear1", "contract": "linear2"}
    theirs.load_state_dict(attention_weights(ours.self_attention, "self_attn") | plain(ours, names))
    x = torch.randn(3, 12, 64)
    with torch.no_grad():
        assert torch.allclose(ours(x), theirs(x), atol=1e-6)


def test_the_open_decoder_layer_is_that_of_torch() -> None:
    project, _ = around("block:decoder_layer")
    ours = compile(project).eval().decoder_layer
    theirs = nn.TransformerDecoderLayer(64, 4, 256, 0.0, batch_first=True).eval()
    names = {"norm1": "norm1", "norm2": "norm2", "norm3": "norm3", "expand": "linear1", "contract": "linear2"}
    weights = attention_weights(ours.masked_attention, "self_attn")
    weights |= attention_weights(ours.cross_attention, "multihead_attn")
    theirs.load_state_dict(weights | plain(ours, names))
    x, memory = torch.randn(3, 12, 64), torch.randn(3, 7, 64)
    mask = nn.Transformer.generate_square_subsequent_mask(12)
    with torch.no_grad():
        assert torch.allclose(ours(x, memory), theirs(x, memory, tgt_mask=mask), atol=1e-6)


def test_attention_from_parts_is_that_of_torch() -> None:
    project, _ = around("block:attention_from_parts")
    ours = compile(project).eval().attention
    x = torch.randn(3, 12, 64)
    with torch.no_grad():
        q, k, v = ours.queries(x), ours.keys(x), ours.values(x)
        assert torch.allclose(ours(x), nn.functional.scaled_dot_product_attention(q, k, v), atol=1e-6)


def test_a_block_of_ones_own_comes_back() -> None:
    project, block = around("block:gpt_layer", hidden=32)
    path = library.keep(project, block, "My layer", "Small.")
    assert library.paths()["block:my_layer"] == path
    kept, node = library.read(path)
    assert kept.title == "My layer"
    assert node.options["hidden"] == 32
    assert len(cut_out(kept.graph, [node.id]).nodes) == len(cut_out(project.graph, [block]).nodes)
    again, _ = around("block:my_layer")
    assert not wrong_with(again)
    with pytest.raises(edits.EditError, match="title"):
        library.keep(project, block, "…")


def test_a_broken_file_is_refused_in_words() -> None:
    library.own().mkdir(parents=True)
    (library.own() / "bad.netlab").write_text("{}")
    with pytest.raises(file.FileError, match="another program"):
        library.read(library.paths()["block:bad"])


def test_the_source_of_a_repeated_block_reads_well() -> None:
    project, block = around("block:gpt_layer")
    project = edits.set_options(project, block, {"mode": "repeat", "repeat": 3})
    text = generate(project, check(project)).text
    assert "class GptLayer(nn.Module):" in text
    assert "nn.ModuleList([GptLayer() for _ in range(3)])" in text
