"""Ordinary PyTorch comes in as a graph and, with its weights copied, says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlab.cli import main
from netlab.compiler.check import check
from netlab.document import file
from netlab.document.examples import examples
from netlab.engine.build import Built, build, compile
from netlab.engine.importing import ImportFault, import_module, import_project, load_factory


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), (2, 2))
        x = torch.flatten(x, 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def alexnet() -> nn.Module:
    """For 28 × 28, with the layers of Krizhevsky et al. 2012."""
    features: list[nn.Module] = [nn.Conv2d(1, 16, 5, stride=1, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
    features += [nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
    features += [nn.Conv2d(32, 48, 3, padding=1), nn.ReLU(), nn.Conv2d(48, 32, 3, padding=1), nn.ReLU()]
    head = [nn.Dropout(0.5), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 10)]
    return nn.Sequential(nn.Sequential(*features), nn.AdaptiveAvgPool2d((7, 7)), nn.Flatten(), nn.Sequential(*head))


def vgg11() -> nn.Module:
    layers: list[nn.Module] = []
    before = 1
    for width in (8, "M", 16, "M", 32, 32, "M", 64, 64):
        if width == "M":
            layers.append(nn.MaxPool2d(2, 2))
            continue
        assert isinstance(width, int)
        layers += [nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 9, 32), nn.ReLU(), nn.Linear(32, 10))


class Basic(nn.Module):
    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        down = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        self.around = down if stride > 1 or before != width else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.around(x))


class ResNet18(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        sizes = [(width, width, 1), (width, width, 1)]
        for i in range(3):
            sizes += [(width * 2**i, width * 2 ** (i + 1), 2), (width * 2 ** (i + 1), width * 2 ** (i + 1), 1)]
        self.blocks = nn.Sequential(*[Basic(*size) for size in sizes])
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(width * 8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.blocks(self.stem(x)))
        return self.fc(x.flatten(1))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2 = self.double(1, 8), self.double(8, 16)
        self.pool, self.up = nn.MaxPool2d(2), nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.last, self.out = self.double(16, 8), nn.Conv2d(8, 1, 1)

    def double(self, before: int, width: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(before, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        top = self.down1(x)
        return self.out(self.last(torch.cat([self.up(self.down2(self.pool(top))), top], dim=1)))


MODELS = {"lenet": LeNet, "alexnet": alexnet, "vgg11": vgg11, "resnet18": ResNet18, "unet": UNet}


def copy_weights(module: nn.Module, model: nn.Module, names: dict[str, str], modules: dict[str, str]) -> None:
    """Into the generated model, by the path of each submodule and the node it became."""
    stored = {kept: name for name, kept in names.items()}
    state = {}
    for path, node in modules.items():
        for name, tensor in module.get_submodule(path).state_dict().items():
            state[stored[f"{node}.{name}"]] = tensor
    model.load_state_dict(state)


@pytest.mark.parametrize("name", MODELS)
def test_published_architectures(name: str) -> None:
    torch.manual_seed(0)
    module: Any = MODELS[name]().eval()
    imported = import_module(module, ["image"])
    project = imported.graph.project(name, "mnist")
    inferred = check(project)
    assert not [p for p in inferred.blocking if p.code != "no_loss"], inferred.blocking
    model = compile(project).eval()
    source_names = _names(project, model)
    copy_weights(module, model, source_names, imported.modules)
    image = torch.randn(3, 1, 28, 28)
    with torch.no_grad():
        assert torch.equal(model(image), module(image))


def _names(project: Any, model: nn.Module) -> dict[str, str]:
    from netlab.compiler.source import generate

    inferred = check(project)
    return Built(project, model, generate(project, inferred), inferred, "").names()


@pytest.mark.parametrize("name", ["spirals", "lenet", "resnet18"])
def test_our_own_code_comes_back(name: str) -> None:
    project = file.load(examples()[name])
    built = build(project)
    imported = import_module(built.model, list(built.source.inputs))
    again = imported.graph.project(name, project.data.source, data_options=dict(project.data.options))
    model = compile(again).eval()
    copy_weights(built.model, model, _names(again, model), imported.modules)
    field = built.inferred.fields[built.source.inputs[0]]
    x = torch.randn(3, *field.sizes)
    with torch.no_grad():
        assert torch.equal(model(x), built.model.eval()(x))


def test_the_command_makes_a_project_that_trains(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\ndef make():\n    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))\n"
    )
    out = tmp_path / "net.netlab"
    assert main(["import", f"{tmp_path / 'net.py'}:make", str(out), "--data", "mnist", "--yes"]) == 0
    assert not check(file.load(out)).blocking
    assert main(["train", str(out), "--steps", "2", "--device", "cpu", "--run", str(tmp_path / "run")]) == 0


class Odd(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.fft(x).real


class Branches(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


def test_what_has_no_layer_is_named() -> None:
    with pytest.raises(ImportFault, match="fft"):
        import_module(Odd(), ["image"])
    with pytest.raises(ImportFault, match="traced"):
        import_module(Branches(), ["image"])
    with pytest.raises(ImportFault, match="more inputs"):
        import_project(nn.Bilinear(4, 4, 2), "x", "iris")


@pytest.mark.parametrize("spec", ["nothing", "nowhere.py:make", "{here}:nobody", "{here}:number", "{broken}:make"])
def test_a_bad_factory_is_a_sentence(tmp_path: Path, spec: str) -> None:
    (tmp_path / "here.py").write_text("number = 3\n")
    (tmp_path / "broken.py").write_text("import nonsense_that_is_not_there\n")
    with pytest.raises(ImportFault, match=r"\."):
        load_factory(spec.format(here=tmp_path / "here.py", broken=tmp_path / "broken.py"))


def test_nothing_runs_without_consent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(ran)!r}, 'w')\n")
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert main(["import", f"{tmp_path / 'evil.py'}:make", str(tmp_path / "x.netlab")]) == 1
    assert not ran.exists()
