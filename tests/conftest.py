"""What every test gets: a home of its own, and a failure for stray log lines, widgets, timers and threads.

Qt warnings are caught by pytest-qt; `qt_log_level_fail` and the harmless ones are in pyproject.toml.
"""

from __future__ import annotations

import gc
import logging
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import nursery
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

try:
    from hypothesis import settings
except ImportError:  # the few tests that need no more than pytest still run
    pass
else:
    settings.register_profile("netlab", deadline=None)
    settings.load_profile("netlab")

USER_FOLDERS = ("NETLAB_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Places for per-user folders, another at each turn. None is made: few tests use one, and the disk is slow."""
    root = tmp_path_factory.mktemp("homes")
    return (root / str(number) for number in count())


@pytest.fixture(autouse=True)
def tmp_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A per-user folder of which nothing is there yet, so that no test sees or changes what the user keeps."""
    home = next(homes)
    for name in USER_FOLDERS:
        monkeypatch.setenv(name, str(home / name.lower()))
    return home


@pytest.fixture(scope="session", autouse=True)
def warm_engines() -> Iterator[Callable[[], bytes] | None]:
    """Let the engines that a test starts be forked from one with torch loaded, where the system can."""
    if not nursery.POSSIBLE:
        yield None
        return
    with nursery.nursery() as address, pytest.MonkeyPatch.context() as patch:
        patch.setattr("netlab.runs.launch.subprocess", nursery.starting(address))
        yield address


class _Collector(logging.Handler):
    """Keeps what is logged at WARNING or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_stray_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which netlab logs a warning, unless it is marked `allow_log`."""
    collector = _Collector()
    logger = logging.getLogger("netlab")
    logger.addHandler(collector)
    yield
    logger.removeHandler(collector)
    if collector.lines and not request.node.get_closest_marker("allow_log"):
        pytest.fail("netlab logged, and the test does not expect it:\n" + "\n".join(collector.lines), pytrace=False)


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves threads behind, or, where it uses Qt, widgets, timers or QThreads."""
    uses_qt = not {"qtbot", "qapp"}.isdisjoint(request.fixturenames)
    threads = set(threading.enumerate())
    before = _qt_things() if uses_qt else {}
    yield
    if request.node.get_closest_marker("allow_leak"):
        return
    left = [f"thread {thread.name}" for thread in _still_running(threads)]
    if uses_qt and _qt_things().keys() - before.keys():
        gc.collect()  # what only a reference cycle kept is not a leak
        left += [name for key, name in _qt_things().items() if key not in before]
    if left:
        pytest.fail("the test left these behind:\n" + "\n".join(left), pytrace=False)


def _still_running(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads started in the test that would keep the process from ending, a second later."""
    fresh = [t for t in threading.enumerate() if t not in before and not t.daemon]
    for thread in fresh:
        thread.join(timeout=1)
    return [thread for thread in fresh if thread.is_alive()]


def _qt_things() -> dict[int, str]:
    """Top-level widgets, active timers and running QThreads, by identity."""
    if "PySide6.QtWidgets" not in sys.modules:
        return {}
    import shiboken6
    from PySide6.QtCore import QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return {}
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    found = {id(widget): f"window {widget!r}" for widget in app.topLevelWidgets()}
    kinds = _kinds(QTimer) | _kinds(QThread)
    for thing in [thing for thing in gc.get_objects() if type(thing) in kinds]:
        if not shiboken6.isValid(thing):
            continue
        if isinstance(thing, QTimer) and thing.isActive():
            found[id(thing)] = f"timer of {thing.interval()} ms in {thing.parent()!r}"
        elif isinstance(thing, QThread) and thing.isRunning():
            found[id(thing)] = f"{thing!r}"
    return found


def _kinds(kind: type) -> set[type]:
    """A class and all that are derived from it."""
    return {kind}.union(*(_kinds(each) for each in kind.__subclasses__()))


def pytest_collection_finish() -> None:
    """What the imports made stays for good, so neither the collector nor the search for leaks looks at it again."""
    gc.collect()
    gc.freeze()


STAND_IN = """#!/bin/sh
echo $$ >> "$LINE/pids"
if [ -e "$LINE/broken" ]; then echo "ssh: connect to host gpu1 port 22: No route to host" >&2; exit 255; fi
while [ $# -gt 1 ]; do shift; done
exec sh -c "exec $1"
"""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stand-in for ssh that runs its command on this machine, in a folder with its state.

    ``pids`` are those of what it started, and while there is a file ``broken`` the line is. What still runs over there
    at the end is stopped.
    """
    place = tmp_path / "line"
    place.mkdir()
    ssh = place / "ssh"
    ssh.write_text(STAND_IN)
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LINE", str(place))
    yield place
    from netlab.protocol import commands

    for project in tmp_path.rglob("project.netlab"):
        commands.append(project.parent, commands.Stop())
