"""Trackers: other programs that hear of a run while it goes on, such as MLflow or Weights & Biases.

NetLab brings none. A package offers one through the entry point group ``netlab.trackers``; it hears of a run only if it
is asked for by name, ``netlab train FILE --track NAME``, and it may then use the network. It works beside the training,
from the run's own record: a slow tracker slows nothing, and one that fails is left out with a warning.

    [project.entry-points."netlab.trackers"]
    mlflow = "my_package:MlflowTracker"
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from netlab.document import file
from netlab.document.paths import settings
from netlab.language import listing, tr
from netlab.runs.reader import RunReader
from netlab.runs.store import PROJECT

GROUP = "netlab.trackers"
LOOK_SECONDS = 1.0
logger = logging.getLogger(__name__)


class TrackerError(ValueError):
    """A tracker that is not installed, with those that are."""


class Tracker:
    """What a package offers: a class that is made without arguments. Each method is called in one thread of its own."""

    def start(self, run: Path, settings: dict[str, Any]) -> None:
        """A run begins, or goes on: its folder, and all settings by path, e.g. ``training.learning_rate``.

        Of a run that goes on, only what comes from now on is told.
        """

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Values by metric name at one step; steps rise, but for a run that went back to a checkpoint."""

    def end(self, state: str) -> None:
        """The run is over: ``finished``, ``stopped`` or ``failed``."""


def find(names: list[str]) -> dict[str, Tracker]:
    """The trackers of these names.

    Raises:
        TrackerError: one is not installed, or cannot be made.
    """
    offered = {point.name: point for point in entry_points(group=GROUP)}
    found = {}
    for name in names:
        if name not in offered:
            told = tr(
                "No tracker {name!r} is installed; there is: {known}. Install a package that has it.",
                name=name,
                known=listing(sorted(offered)) or tr("none"),
            )
            raise TrackerError(told)
        try:
            found[name] = offered[name].load()()
        except Exception as error:  # whatever the package of somebody else does
            raise TrackerError(tr("The tracker {name!r} cannot be used: {error}", name=name, error=error)) from error
    return found


@contextmanager
def told(folder: Path, trackers: dict[str, Tracker]) -> Iterator[None]:
    """Tell these trackers of the run in `folder` while the body trains it."""
    if not trackers:
        yield
        return
    over = threading.Event()
    reader = RunReader(folder)
    reader.skip()
    thread = threading.Thread(target=_tell, args=(reader, trackers, over), name="trackers")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _tell(reader: RunReader, trackers: dict[str, Tracker], over: threading.Event) -> None:
    hearing = dict(trackers)
    _call(hearing, "start", reader.folder, settings(file.load(reader.folder / PROJECT)))
    last = False
    while not last:
        last = over.wait(LOOK_SECONDS)
        by_step: dict[int, dict[str, float]] = {}
        while update := reader.poll().metrics:
            for name, (steps, values) in update.items():
                for step, value in zip(steps.tolist(), values.tolist(), strict=True):
                    by_step.setdefault(step, {})[name] = value
        for step in sorted(by_step):
            _call(hearing, "metrics", step, by_step[step])
    state = reader.status().get("state", "")
    reader.close()
    _call(hearing, "end", state)


def _call(hearing: dict[str, Tracker], method: str, *words: Any) -> None:
    """Call all; one that fails hears no more."""
    for name, tracker in list(hearing.items()):
        try:
            getattr(tracker, method)(*words)
        except Exception as error:
            logger.warning("The tracker %s failed and is left out: %s", name, error)
            del hearing[name]
