"""What a view is: a widget for one type of summary."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QWidget

from netlab.catalogue import discover
from netlab.protocol.summaries import Array, Summary
from netlab.runs.reader import Reading


class View(QWidget):
    """Base of all views.

    Class attributes:
        summary: the type it shows.
        title: what its tab says.
        together: one view for all nodes of a probe, rather than one a node.
    """

    summary: ClassVar[type[Summary]]
    title: ClassVar[str] = ""
    together: ClassVar[bool] = False

    def show_reading(self, reading: Reading, name: str) -> None:
        """Draw a reading of the node called `name`."""
        raise NotImplementedError


def numbers(array: Array) -> np.ndarray:
    """The array as numpy, read only."""
    return np.frombuffer(array.data, np.dtype(array.dtype)).reshape(array.shape)


def catalogue() -> dict[type, type[View]]:
    """Views by the type of summary they show."""
    return {view.summary: view for view in discover("netlab.app.views", View).values()}
