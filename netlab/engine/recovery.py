"""A GPU that failed: its process is replaced, and the steps in question are run again on the CPU, which says why.

After an assert on a GPU, such as for a class that is not there, no process can go on, and the message names nothing.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil
import torch

from netlab.document import file
from netlab.document.training import Training
from netlab.engine import checkpoint, faults
from netlab.engine.build import build, seed_everything
from netlab.engine.faults import TrainingFault
from netlab.engine.guard import LAG
from netlab.engine.loader import Loader, load_data
from netlab.engine.together import RESTARTS, train
from netlab.runs import store
from netlab.runs.launch import launch
from netlab.runs.reader import RunReader
from netlab.runs.writer import RunWriter


def hand_over(folder: Path, step: int) -> subprocess.Popen[bytes]:
    """Let a new process look into the failure at a step; this one is to end."""
    successor = launch(["recover", str(folder), "--step", str(step)], log=folder / "engine.log")
    writer = RunWriter(folder)
    began = psutil.Process(successor.pid).create_time()
    writer.status(
        state="starting", pid=successor.pid, pid_start=began, broken="", message="The GPU failed: looking why."
    )
    writer.close()
    return successor


def recover(folder: Path, step: int) -> dict[str, str]:
    """Say what was wrong with the batch, or, if nothing was, go on from the last checkpoint; the final status."""
    reader = RunReader(folder)
    restarts = int(reader.status().get("restarts") or 0)
    reader.close()
    fault = explain(folder, step)
    if fault is None and restarts >= RESTARTS:
        told = f"The GPU failed {restarts + 1} times, and on the CPU nothing is wrong with the model and its data. "
        fault = TrainingFault(told + "Restart the computer or update the driver; then go on from the last checkpoint.")
    writer = RunWriter(folder)
    if fault is not None:
        writer.log("error", fault.message, fault.node, fault.detail)
        writer.status(state="failed", message=fault.message, node=fault.node)
    else:
        writer.log("warning", "Nothing is wrong on the CPU. A new process goes on from the last checkpoint.")
        writer.status(restarts=restarts + 1)
    writer.close()
    if fault is None:
        return train(folder, resume=bool(store.checkpoints(folder, "step")))
    reader = RunReader(folder)
    try:
        return reader.status()
    finally:
        reader.close()


def explain(folder: Path, step: int) -> TrainingFault | None:
    """What is wrong with the batches up to a step, on the CPU; a GPU tells of a fault some steps late."""
    project = file.load(folder / store.PROJECT)
    training = Training(**project.training).values
    seed_everything(training["seed"])
    built = build(project)
    if store.checkpoints(folder, "step"):
        checkpoint.load_weights(built, folder)
    dataset = load_data(project.data, lambda level, told: None, None)
    fields = (*built.source.inputs, *built.source.targets)
    loader = Loader(dataset, fields, training["batch_size"], training["seed"], torch.device("cpu"))
    for at in range(max(1, step - LAG - 1), step + 1):
        epoch, position = divmod(at - 1, loader.steps_per_epoch)
        batch = next(iter(loader.batches(epoch, position)))
        fault = faults.of_index(built, batch, at)
        if fault is not None and fault.row is not None:
            fault.lies_in(loader.row_of(at, fault.row))
            return fault
    return None
