"""A GPU that failed: its process is replaced, and the steps in question are run again on the CPU, which says why.

After an assert on a GPU, such as for a class that is not there, no process can go on, and the message names nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from netlab.engine.explaining import explain
from netlab.engine.faults import TrainingFault
from netlab.engine.process import ends_softly
from netlab.engine.recorder import OnMetrics
from netlab.engine.together import RESTARTS, train
from netlab.language import mark, tr
from netlab.protocol import commands
from netlab.runs import store
from netlab.runs.launch import launch
from netlab.runs.reader import LIVE, RunReader, Update, is_alive, status_of
from netlab.runs.writer import RunWriter

LOOK_SECONDS = 0.2
ENDING = mark("The new process has been told to write a checkpoint and end.")


def hand_over(folder: Path, step: int) -> subprocess.Popen[bytes]:
    """Let a new process look into the failure at a step; this one is to end."""
    commands.append(folder, commands.Begin())  # what is said while it looks, it hears before its first step
    successor = launch(["recover", str(folder), "--step", str(step)], log=folder / "engine.log")
    writer = RunWriter(folder)
    began = psutil.Process(successor.pid).create_time()
    writer.status(
        state="starting", pid=successor.pid, pid_start=began, broken="", message=tr("The GPU failed: looking why.")
    )
    writer.close()
    return successor


def replaced(folder: Path, step: int, on_metrics: OnMetrics) -> dict[str, str]:
    """Let a new process take the place of this one, and pass on what it measures; the final status of the run."""
    reader, stopped = RunReader(folder), False
    reader.poll()  # what this process measured is known
    with ends_softly() as asked:
        successor = hand_over(folder, step)
        while True:
            status = reader.status()
            _pass_on(reader.poll(), on_metrics)
            if status.get("state") not in LIVE and not (status.get("broken") and is_alive(status)):
                break  # one that broke in its turn is alive until it has handed over
            if asked.stop and not stopped:
                commands.append(folder, commands.Stop())
                print(tr(ENDING), file=sys.stderr, flush=True)
                stopped = True
            time.sleep(LOOK_SECONDS)
    reader.close()
    successor.wait()  # the run is over, and so is this process, or long before if it was replaced in its turn
    return status


def _pass_on(update: Update, on_metrics: OnMetrics) -> None:
    newest = {name: (int(steps[-1]), float(values[-1])) for name, (steps, values) in update.metrics.items()}
    if newest:
        epoch = int(float(update.status.get("epoch", "0")))
        on_metrics(max(step for step, _ in newest.values()), epoch, {n: value for n, (_, value) in newest.items()})


def recover(folder: Path, step: int) -> dict[str, str]:
    """Say what was wrong with the batch, or, if nothing was, go on from the last checkpoint; the final status."""
    restarts = int(status_of(folder).get("restarts") or 0)
    fault = explain(folder, step, also_validation=restarts > 0)
    if fault is None and restarts >= RESTARTS:
        told = tr(
            "The GPU failed {count} times, and on the CPU nothing is wrong with the model and its data. Restart the "
            "computer or update the driver; then go on from the last checkpoint.",
            count=restarts + 1,
        )
        fault = TrainingFault(told)
    writer = RunWriter(folder)
    if fault is not None:
        writer.log("error", fault.message, fault.node, fault.detail)
        writer.status(state="failed", message=fault.message, node=fault.node)
    else:
        writer.log("warning", tr("Nothing is wrong on the CPU. A new process goes on from the last checkpoint."))
        writer.status(restarts=restarts + 1)
    writer.close()
    if fault is None:
        return train(folder, resume=bool(store.checkpoints(folder, "step")))
    return status_of(folder)
