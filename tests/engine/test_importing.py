"""Ordinary PyTorch comes in as a graph and, with its weights, says the same to the last bit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from engine.published import GPT, Bert, GPTConfig, LeNet, ResNet18, UNet, ViT, alexnet, vgg11
from torch import Tensor, nn

from netlab.compiler.check import check
from netlab.compiler.source import generate
from netlab.data.sources.random_values import RandomValues, described
from netlab.document import file
from netlab.document.examples import examples as project_examples
from netlab.document.project import DataChoice, Project
from netlab.engine.build import Built, build, compile
from netlab.engine.importing.faults import ImportFault
from netlab.engine.importing.module import Imported, import_module

IMAGE, TOKENS = "image: 1 28 28", "idx: 24 < 65"
BERT = "input_ids: 20 < 90; token_type_ids: 20 < 2; attention_mask: 20"
PUBLISHED: dict[str, tuple[Any, str]] = {
    "lenet": (LeNet, IMAGE),
    "alexnet": (alexnet, IMAGE),
    "vgg11": (vgg11, IMAGE),
    "resnet18": (ResNet18, IMAGE),
    "unet": (UNet, IMAGE),
    "gpt": (GPT, TOKENS),
    "gpt_masked": (lambda: GPT(GPTConfig(flash=False)), TOKENS),
    "bert": (Bert, BERT),
    "vit": (ViT, IMAGE),
}


def project_of(imported: Imported, inputs: str) -> Project:
    return Project(graph=imported.graph, data=DataChoice("random_values", {"inputs": inputs}))


def rebuilt(imported: Imported, inputs: str) -> nn.Module:
    """The generated model with the weights that came along."""
    project = project_of(imported, inputs)
    model = compile(project)
    inferred = check(project)
    names = Built(project, model, generate(project, inferred), inferred, "").names()
    assert set(names.values()) <= set(imported.weights)
    model.load_state_dict({name: imported.weights[stored] for name, stored in names.items()})
    return model.eval()


def examples(inputs: str, rows: int = 3) -> list[Tensor]:
    found = []
    for field in RandomValues(inputs=inputs).fields():
        shape = (rows, *field.sizes)
        found.append(torch.randint(0, field.classes, shape) if field.classes else torch.randn(shape))
    return found


def bring(module: nn.Module, inputs: str) -> Imported:
    return import_module(module, list(RandomValues(inputs=inputs).fields()))


def assert_same(module: nn.Module, inputs: str, within: float = 0.0) -> Imported:
    """Import, rebuild, and compare in evaluation mode, bit for bit unless `within` says otherwise."""
    imported = bring(module, inputs)
    assert not imported.opaque, imported.opaque
    model = rebuilt(imported, inputs)
    given = examples(inputs)
    with torch.no_grad():
        ours, theirs = model(*given), module.eval()(*given)
    for one, other in zip(*(x if isinstance(x, tuple) else (x,) for x in (ours, theirs)), strict=True):
        assert one.shape == other.shape
        assert (one - other).abs().max() <= within
    return imported


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_architectures(name: str) -> None:
    torch.manual_seed(0)
    make, inputs = PUBLISHED[name]
    # torch's own encoder takes another kernel in evaluation, which rounds otherwise
    assert_same(make(), inputs, within=1e-6 if name == "vit" else 0.0)


EXAMPLES = project_examples()


@pytest.mark.parametrize("example", EXAMPLES)
def test_our_own_code_comes_back(example: str) -> None:
    """Generated source, imported as anybody's, gives a model that says the same."""
    project = file.load(EXAMPLES[example])
    built = build(project)
    fields = [built.inferred.fields[name] for name in built.source.inputs]
    torch.manual_seed(0)
    assert_same(built.model, described(fields))


class Odd(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fold, self.fc = nn.Threshold(0.1, 0.0), nn.Linear(28 * 28, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.fft.fft(x).real
        return self.fc(self.fold(x).flatten(1))


class Branches(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


def test_what_has_no_layer_is_kept_and_told() -> None:
    imported = bring(Odd(), IMAGE)
    kinds = {part.type: part.why for part in imported.opaque}
    assert set(kinds) == {"torch.fft_fft", "torch.getattr", "torch.nn.Threshold"}
    graph = imported.graph
    threshold = next(node for node in graph.nodes.values() if node.type == "torch.nn.Threshold")
    assert threshold.options == {"threshold": 0.1, "value": 0.0, "inplace": False}
    assert graph.into(threshold.id)["x"].source in graph.nodes
    project = project_of(imported, IMAGE)
    assert file.parse(file.encode(project)) == project
    assert {p.code for p in check(project).problems} >= {"unknown_layer"}


def test_branches_on_values_are_refused() -> None:
    with pytest.raises(ImportFault, match="branches"):
        bring(Branches(), IMAGE)
    with pytest.raises(ImportFault, match="more inputs"):
        bring(nn.Bilinear(4, 4, 2), "x: 4")


class Unfollowed(nn.Module):
    """What torch.fx cannot follow, torch.export can: a check of the type of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.fc = nn.BatchNorm2d(1), nn.Linear(784, 10)
        self.scale = nn.Parameter(torch.ones(10))

    def forward(self, x: Tensor) -> Tensor:
        if not isinstance(x, torch.Tensor):
            raise TypeError("no tensor")
        return self.fc(self.norm(x).flatten(1)).relu() * self.scale


def test_torch_export_is_the_second_try() -> None:
    imported = assert_same(Unfollowed(), IMAGE)
    assert {node.type for node in imported.graph.nodes.values()} >= {"linear", "relu", "parameter", "batch_norm2d"}


def test_copies_become_one_block() -> None:
    graph = bring(GPT(), TOKENS).graph
    repeats = [node for node in graph.nodes.values() if node.options.get("mode") == "repeat"]
    assert [(node.name, node.options["repeat"]) for node in repeats] == [("h", 3)]
    inside = {node.name for node in graph.inside(repeats[0].id)}
    assert {"attn", "mlp", "ln_1", "ln_2"} <= inside
    tied = [node for node in graph.nodes.values() if node.shares]
    assert [(node.name, graph.nodes[node.shares].name) for node in tied] == [("lm_head", "wte")]
