"""What a page of the preview is: a widget for one side of data. A page is a class in a file of its own in `pages`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from netlab.catalogue import discover
from netlab.data.look import Preview


class Page(QWidget):
    """Base of all pages.

    Class attributes:
        title: for the tab.
        place: pages stand in this order; the first that fits is opened.
    """

    title: ClassVar[str] = ""
    place: ClassVar[int] = 0

    @classmethod
    def fits(cls, preview: Preview) -> bool:
        """Whether there is anything to show."""
        return True

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        """Show what was seen of a source with these options."""
        raise NotImplementedError

    def shutdown(self) -> None:
        """End what is under way."""


def pages() -> list[type[Page]]:
    """All pages in the order of their tabs."""
    return sorted(discover("netlab.app.data.pages", Page).values(), key=lambda page: page.place)
