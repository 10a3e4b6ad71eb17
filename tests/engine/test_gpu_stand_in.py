"""Jobs on a GPU that is not there: its tensors have a device and sizes but no numbers, and refuse others beside them."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from engine.test_loader import lazy
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily

from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine import checkpoint, train
from netlab.engine.loader import Loader
from netlab.engine.step import Stepper
from netlab.engine.train import run_job
from netlab.runs.reader import RunReader

GPU = torch.device("cuda", 1)
CUDA, META, KINDS = 1, 14, 22  # numbers of kinds of devices in torch
SOME = ("gpt", "lenet", "perceptron", "spirals", "vae")
aten: Any = torch.ops.aten


class FakeGPU(FakeTensorMode):
    """Torch without numbers. Whoever asks for one gets zero, and is counted if it lay on the GPU: he had to wait."""

    avoid_device_init = True  # type: ignore[assignment] - nothing is to be tried on the GPU itself

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        told = kwargs or {}
        if func is aten._local_scalar_dense.default:
            self.waits += args[0].device == GPU
            return args[0].dtype == torch.bool or (0.0 if args[0].is_floating_point() else 0)
        if func is aten._to_copy.default and torch.device(told.get("device") or "meta").type == "cpu":
            self.waits += args[0].device == GPU and not told.get("non_blocking")
        if func is aten._fused_sgd_.default:  # of this and the next two torch knows no form without numbers
            assert {t.device for tensors in args[:3] for t in tensors} | {told["found_inf"].device} == {GPU}
            return None
        if func is aten._thnn_fused_gru_cell.default:
            return torch.empty_like(args[2]), args[0].new_empty(len(args[0]), 5 * args[2].shape[1])
        if func is aten._thnn_fused_lstm_cell.default:
            return torch.empty_like(args[2]), torch.empty_like(args[2]), torch.empty_like(args[0])
        return super().dispatch(func, types, args, kwargs)


class Event:
    """That of a GPU which is always done."""

    def record(self) -> None: ...

    def synchronize(self) -> None: ...


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGPU]:
    """The second of two GPUs. Going backward needs a build of torch with CUDA: gradients are put in place instead."""
    mode = FakeGPU()
    told = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "is_bf16_supported": lambda including_emulation=True: True,
        "device_count": lambda: 2,
        "get_device_name": lambda device: "Stand-in",
        "mem_get_info": lambda device: (80 << 30, 80 << 30),
        "current_device": lambda: GPU.index,
        "set_device": lambda device: None,
        "synchronize": lambda: None,
        "get_rng_state": lambda: torch.zeros(16, dtype=torch.uint8),
        "set_rng_state": lambda state: None,
        "Event": Event,
    }
    for name, replacement in told.items():
        monkeypatch.setattr(torch.cuda, name, replacement)
    real = train.build

    def build(project: Project, filename: Path | None = None) -> train.Built:
        with unset_fake_temporarily():
            built = real(project, filename)
        _replace(built.model, mode.from_tensor)
        return built

    def moved(module: torch.nn.Module, *where: Any, **layout: Any) -> torch.nn.Module:
        _replace(module, lambda t: t.detach().to(*where).requires_grad_(t.requires_grad))
        return module

    def pinned(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.device.type != "cpu":
            raise RuntimeError("cannot pin a tensor of a GPU, only dense CPU tensors can be pinned")
        return tensor

    def derive(stepper: Stepper, loss: torch.Tensor) -> None:
        assert loss.device == GPU
        for parameter in stepper.built.model.parameters():
            parameter.grad = torch.zeros_like(parameter) if parameter.requires_grad else None

    monkeypatch.setattr(train, "build", build)
    monkeypatch.setattr(torch.nn.Module, "to", moved)
    monkeypatch.setattr(torch.Tensor, "pin_memory", pinned)
    monkeypatch.setattr(torch.Tensor, "numpy", lambda t: np.zeros(t.shape, str(t.dtype).removeprefix("torch.")))
    monkeypatch.setattr(torch.backends.cudnn, "enabled", False)
    monkeypatch.setattr(torch.amp.GradScaler, "get_scale", lambda scaler: 1.0)
    monkeypatch.setattr(Stepper, "_derive", derive)
    monkeypatch.setattr(checkpoint, "save", lambda tensors, metadata: b"")
    library = ctypes.CDLL(str(Path(torch.__path__[0]) / "lib" / "libc10.so"))
    guards = (ctypes.c_void_p * KINDS).in_dll(library, "_ZN3c104impl26device_guard_impl_registryE")
    guards[CUDA] = guards[META]  # that of a GPU is only in builds with CUDA
    try:
        with mode:
            yield mode
    finally:
        guards[CUDA] = None


def _replace(model: torch.nn.Module, by: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Put other tensors in the places of a model's, one for one that is used twice."""
    known: dict[int, torch.Tensor] = {}
    for module in model.modules():
        for name, tensor in module._parameters.items():
            if tensor is not None:
                new = known.setdefault(id(tensor), torch.nn.Parameter(by(tensor), tensor.requires_grad))
                module._parameters[name] = new  # type: ignore[assignment] - a parameter again
        module._buffers.update({name: t if t is None else by(t) for name, t in module._buffers.items()})


@pytest.mark.skipif(torch.cuda.is_available(), reason="in place of a GPU that is not there")
@pytest.mark.parametrize("name", examples() if "NETLAB_ALL" in os.environ else SOME)
def test_an_example_trains_on_the_second_gpu(name: str, gpu: FakeGPU, new_run: Callable[..., Path]) -> None:
    project = edits.set_training(file.load(examples()[name]), "device", str(GPU))
    status = run_job(folder := new_run(project, 2))
    reader = RunReader(folder)
    assert not [line.message for line in reader.log() if line.level != "info"]
    assert (status["state"], status["device"]) == ("finished", str(GPU))
    assert {choice.probe for choice in project.probes.values()} <= {probe for probe, _ in reader.watched()}
    assert reader.metrics("val/loss")[0].tolist() == [2]
    reader.close()


@pytest.mark.skipif(torch.cuda.is_available(), reason="in place of a GPU that is not there")
@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ({"clip": "norm", "precision": "bfloat16", "micro_batches": 2}, False),
        ({"optimizer": "sgd", "clip": "value", "deterministic": True}, False),
        ({"precision": "float16", "clip": "norm"}, True),  # its scale is a number that Python goes by
        ({"optimizer": "muon"}, True),  # cannot be told on the device to leave the weights alone
    ],
)
def test_whether_a_step_waits_for_the_gpu(
    settings: dict[str, Any], waits: bool, gpu: FakeGPU, new_run: Callable[..., Path],
    make_points: Callable[..., Project], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    spent: list[int] = []
    for phase in ("forward", "backward", "update"):
        real = getattr(Stepper, phase)

        def counted(stepper: Stepper, given: Any = None, real: Any = real) -> None:
            before = gpu.waits
            real(stepper, *([] if given is None else [given]))
            spent.append(gpu.waits - before)

        monkeypatch.setattr(Stepper, phase, counted)
    folder = new_run(make_points(**(settings | {"device": str(GPU)})), 8)
    status = run_job(folder)
    assert status["state"] == "finished", status["message"]
    assert len(spent) == 3 * 8
    assert any(spent[3:]) is waits, "the first step tells what is beyond reason"
    assert ("CUBLAS_WORKSPACE_CONFIG" in os.environ) is bool(settings.get("deterministic"))


def test_workers_make_their_batches_for_the_gpu_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch keeps the current GPU by thread: on another than the first, pinning would open that as well."""
    current: dict[int, torch.device] = {}
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: current.__setitem__(threading.get_ident(), device))
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda t: t if current[threading.get_ident()] == GPU else None)
    monkeypatch.setattr(torch.Tensor, "to", lambda t, *where, **how: t)
    loader = Loader(lazy(), ("x", "label"), 16, 3, GPU)
    assert len(list(loader.batches(0))) == loader.steps_per_epoch
    assert threading.get_ident() not in current
