"""A picture of the real window, for documentation, for looking through, and for machines without a display."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from netlab import language
from netlab.app.start import make_window, speak
from netlab.app.window import MainWindow
from netlab.document import file
from netlab.language import tr

DRAWN_SECONDS = 10.0
SETTLE_SECONDS = 0.4
FINISH_SECONDS = 5.0  # at most, for the canvas to be drawn as well as it can be


def shot(
    path: str | Path,
    out: str | Path,
    *,
    size: tuple[int, int] = (1440, 900),
    theme: str = "light",
    lang: str = language.ENGLISH,
    view: str | None = None,
    run: Path | None = None,
) -> None:
    """Draw the window with a project, and a run if given, into a PNG.

    Raises:
        FileError: the project cannot be opened, there is no view of that name, or the picture cannot be written.
    """
    file.load(path)  # a broken file is told as such, before a window is made
    speak(lang)
    window = make_window(path, theme, size, keep_journal=False)
    try:
        window.show()
        if run is not None:
            window.session.attach(run)
        if view is not None and not window.show_view(view):
            known = ", ".join(window.docks)
            raise file.FileError(
                "unknown_view",
                view,
                tr("There is no view {view!r}.", view=view),
                tr("There are: {views}.", views=known),
            )
        settle(SETTLE_SECONDS if run is None else 3 * SETTLE_SECONDS)
        window.canvas.fit()
        settle(0.1)
        save(window, Path(out))
    finally:
        end(window)


def settle(seconds: float) -> None:
    """Let timers and paint events have their turn."""
    end_at = time.monotonic() + seconds
    while time.monotonic() < end_at:
        QApplication.processEvents()
        time.sleep(0.005)


def save(window: MainWindow, out: Path) -> None:
    """Write what the window shows, once the canvas is drawn as well as it can be."""
    until = time.monotonic() + DRAWN_SECONDS
    window.canvas.viewport().repaint()
    while not window.canvas.scene_.graph.is_finished and time.monotonic() < until:
        settle(0.02)
    out.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + FINISH_SECONDS
    while not window.canvas.scene_.graph.is_finished and time.monotonic() < deadline:
        settle(0.02)
    if not window.grab().save(str(out), "PNG"):
        raise file.FileError(
            "not_written", str(out), tr("{file} cannot be written.", file=out), tr("Choose another place.")
        )


def end(window: MainWindow) -> None:
    """Close without asking; nothing here is worth keeping."""
    window.session.document.mark_saved()
    window.close()
    window.deleteLater()
    settle(0.05)
