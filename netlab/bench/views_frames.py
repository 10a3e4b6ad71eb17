"""What `views` measures, in a process of its own: ``python -m netlab.bench.views_frames curve|training``.

Prints one JSON object with milliseconds by case. What counts is the time of the processor in the thread of the window,
so that the training process beside it, and other work on the machine, do not blur the figures.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from netlab.bench.canvas_frames import clock

if TYPE_CHECKING:
    from netlab.document.project import Project

POINTS = 10_000_000
SIZE = (1400, 400)
SECONDS, START_SECONDS = 30.0, 120.0
BEAT = 0.005  # seconds between two rounds of the event loop
EXAMPLE = "vit"  # has everything that can be watched but a plane of points
Times = dict[str, list[float]]


def curve() -> Times:
    """Pan and zoom a noisy loss of ten million steps, with its smoothed line and a validation every thousand steps."""
    import numpy as np
    from PySide6.QtWidgets import QApplication

    from netlab.app.training.curve import Curve
    from netlab.app.training.curve_plot import CurvePlot

    rng, steps = np.random.default_rng(0), np.arange(POINTS, dtype=np.float64)
    level = np.exp(-steps / 2e6) + 0.1
    loss = level + 0.1 * rng.standard_normal(POINTS) ** 2
    val = slice(None, None, 1000)
    curves = {"train/loss": Curve(steps, loss), "val/loss": Curve(steps[val], level[val])}
    plot = CurvePlot("loss")
    plot.resize(*SIZE)
    plot.show()
    plot.show_run(SimpleNamespace(curves=curves, marks=[]), 0.35, False)  # type: ignore[arg-type]
    QApplication.processEvents()
    box = plot.item.vb
    to_and_fro = lambda i: 1 if i // 60 % 2 == 0 else -1  # noqa: E731
    found = {f"zoom, {POINTS:,} points": clock(lambda i: box.scaleBy(x=0.93 ** to_and_fro(i)))}
    box.setXRange(0, POINTS * 0.9)
    found["pan, nearly all in sight"] = clock(lambda i: box.translateBy(x=POINTS / 300 * to_and_fro(i)))
    box.setXRange(POINTS / 2, POINTS / 2 + 1500)
    found["pan, each point in sight"] = clock(lambda i: box.translateBy(x=9 * to_and_fro(i)))
    plot.close()
    return found


def training() -> Times:
    """Each round of the event loop while a model trains, from its first reading on, with all that can be watched."""
    from PySide6.QtWidgets import QApplication

    from netlab.app.shot import end, settle
    from netlab.app.start import make_window
    from netlab.document.examples import examples
    from netlab.document.file import load, save

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watched.netlab"
        save(watch_all(load(examples()[EXAMPLE])), path)
        window = make_window(path, keep_journal=False)
        window.show()
        settle(0.5)
        window.session.train()
        run = window.session.run
        assert run is not None, "the example trains"
        until = time.monotonic() + START_SECONDS
        while run.is_live and not run.readings and time.monotonic() < until:
            settle(0.1)
        times, until = [], time.monotonic() + SECONDS
        while run.is_live and time.monotonic() < until:
            start = time.thread_time()
            QApplication.processEvents()
            times.append((time.thread_time() - start) * 1e3)
            time.sleep(BEAT)
        watched = len(run.readings)
        window.session.stop()
        end(window)
    return {f"event loop while {EXAMPLE} trains, {watched} things watched": times}


def watch_all(project: Project) -> Project:
    """The project with every probe at every node that it fits, training until it is stopped."""
    from netlab.compiler.check import check
    from netlab.document import edits
    from netlab.probes.probe import catalogue

    inferred = check(project)
    for node in project.graph.nodes.values():
        for key, probe in catalogue().items():
            if probe.can_watch(node.type, inferred.parameters(node.id) > 0):
                project = edits.add_probe(project, key, node.id)
    return edits.set_training(project, "epochs", 10_000)


def main() -> int:
    """Measure one thing and print its times."""
    from netlab.app.start import application, quiet_platform

    application()
    quiet_platform()
    print(json.dumps({"curve": curve, "training": training}[sys.argv[1]]()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
