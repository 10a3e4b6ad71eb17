"""What only a real GPU can show; on a computer without one these tests are skipped, and say so.

The examples compared here draw nothing while they learn: a GPU draws other numbers than a CPU.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from engine.test_recovery import pointing

from netlab.compiler.builder import Graph
from netlab.document import edits, file
from netlab.document.examples import examples
from netlab.document.project import Project
from netlab.engine.train import run_job
from netlab.runs import store
from netlab.runs.reader import RunReader

DEVICE = "cuda"
MORE = 1 << 30  # bytes
NewRun = Callable[..., Path]
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU, and a torch built for it"),
]


def example(name: str, **training: object) -> Project:
    project = file.load(examples()[name])
    for key, value in ({"device": DEVICE} | training).items():
        project = edits.set_training(project, key, value)
    return project


def losses(folder: Path) -> np.ndarray:
    reader = RunReader(folder)
    steps, values = reader.metrics("train/loss")
    reader.close()
    assert list(steps) == list(range(1, len(steps) + 1))
    return values


def learned(folder: Path, resume: bool = False) -> np.ndarray:
    status = run_job(folder, resume=resume)
    assert status["state"] == "finished", status["message"]
    return losses(folder)


@pytest.mark.parametrize("name", ["spirals", "gpt", "vit", "autoencoder"])
def test_a_gpu_gives_the_numbers_of_a_cpu_but_for_rounding(new_run: NewRun, name: str) -> None:
    here, there = (learned(new_run(example(name, device=device), steps=5)) for device in ("cpu", DEVICE))
    np.testing.assert_allclose(there, here, rtol=1e-2)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_run_that_was_cut_goes_on_bit_for_bit(new_run: NewRun, precision: str) -> None:
    project = example("gpt", precision=precision, deterministic=True)
    uncut, cut = new_run(project, steps=24), new_run(project, steps=11)
    whole = learned(uncut)
    assert whole[-1] < whole[0]
    learned(cut)
    store.extend(cut, 24)
    np.testing.assert_array_equal(learned(cut, resume=True), whole)


@pytest.mark.allow_leak  # the compiler keeps threads of its own
def test_a_compiled_model_learns_alike(new_run: NewRun) -> None:
    plain, compiled = (learned(new_run(example("gpt", compile=on), steps=5)) for on in (False, True))
    np.testing.assert_allclose(compiled, plain, rtol=1e-2)


def test_what_does_not_fit_is_taken_in_parts(new_run: NewRun) -> None:
    g = Graph()
    hidden = g.add("relu", g.add("linear", g.add("input", field="x"), out_features=16384), name="wide")
    scores = g.add("linear", hidden, out_features=10)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    data = {"inputs": "x: 256; label: < 10", "rows": 16384}
    folder = new_run(g.project("Wide", "random_values", data_options=data, device=DEVICE, batch_size=8192), steps=2)
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + MORE) / total)
    try:
        status = run_job(folder)
        assert status["state"] == "failed"
        assert "Go on with micro_batches 2" in status["message"]
        while status["state"] == "failed" and status["micro_batches"]:
            store.split_batches(folder, int(status["micro_batches"]))
            status = run_job(folder, resume=True)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert status["state"] == "finished", status["message"]
    assert store.job(folder).micro_batches > 1


def test_after_an_assert_a_new_process_names_node_and_row(tmp_path: Path) -> None:
    path = tmp_path / "pointing.netlab"
    file.save(edits.set_training(pointing(steps=4), "device", DEVICE), path)
    words = ["train", str(path), "--steps", "30", "--run", str(tmp_path / "run")]
    done = subprocess.run([sys.executable, "-m", "netlab", *words], capture_output=True, text=True, timeout=110)
    assert done.returncode == 1
    assert "“pick” is asked for number" in done.stderr
    assert "it is row " in done.stderr


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_two_gpus_give_the_numbers_of_one(tmp_path: Path, parallel: str) -> None:
    path = tmp_path / "gpt.netlab"
    found = []
    for processes in (1, 2):
        file.save(example("gpt", processes=processes, parallel=parallel), path)
        folder = tmp_path / f"run-{processes}"
        words = ["train", str(path), "--steps", "10", "--run", str(folder)]
        done = subprocess.run([sys.executable, "-m", "netlab", *words], capture_output=True, text=True, timeout=110)
        assert done.returncode == 0, done.stderr
        found.append(losses(folder))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-2)
