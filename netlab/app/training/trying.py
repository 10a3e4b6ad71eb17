"""What can be tried before a run; the dialogs are loaded when they are wanted, since one of them draws a plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


def check(window: MainWindow) -> None:
    """Whether the model is wired to learn."""
    from netlab.app.training.sanity_dialog import SanityDialog

    SanityDialog(window.session, window).show()


def find_rate(window: MainWindow) -> None:
    """How fast it may learn."""
    from netlab.app.training.rate_dialog import RateDialog

    RateDialog(window.session, window).show()
