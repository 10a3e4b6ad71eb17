"""Ordinary PyTorch comes in as a graph and, with its weights, says the same to the last bit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from engine.published import GPT, Bert, GPTConfig, LeNet, ResNet18, UNet, ViT, alexnet, vgg11
from torch import Tensor, nn

from netlab.compiler.check import check
from netlab.compiler.source import generate
from netlab.data.sources.random_values import RandomValues
from netlab.document.project import DataChoice, Project
from netlab.engine.build import Built, compile
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
    assert set(names.values()) == set(imported.weights)
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
