"""Training images as several epochs would see them: the same image, changed anew each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from netlab.app.data.looker import DRAWER, Looker
from netlab.app.data.page import Page
from netlab.app.data.pages.images import pixmap
from netlab.app.theme import color, themes
from netlab.data.dataset import catalogue
from netlab.data.draws import ImageChanges
from netlab.data.look import Preview
from netlab.data.looking import Draw, Drawn, Refused
from netlab.language import mark, tr

OFF = mark(
    "Training images are used as they are.\nSet flip, shift, rotate, colour, noise, cutout or mixup to see changed ones."
)
SIDE, GAP, HEAD, MARGIN = 64, 6, 22, 12


class ChangesPage(Page):
    """Asks the engine, which alone can draw the changes, once the page is in sight."""

    title = mark("Changes")
    place = 15

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.looker = Looker(self, DRAWER)
        self.looker.seen.connect(self._show)
        self.looker.refused.connect(self._refuse)
        self._wanted: Draw | None = None
        self._asked: Draw | None = None
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.said = QLabel("")
        self.said.setProperty("muted", True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.said.setWordWrap(True)
        self.said.setContentsMargins(30, 10, 30, 10)
        self.grid = _Grid()
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.grid)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.bar, self.said, self.area):
            layout.addWidget(widget)

    @classmethod
    def fits(cls, preview: Preview) -> bool:
        source = catalogue().get(preview.source)
        return preview.images is not None and source is not None and issubclass(source, ImageChanges)

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        defaults = {name: option.default for name, option in ImageChanges.options().items()}
        if all(options.get(name, default) == default for name, default in defaults.items()):
            self._wanted = None
            self.looker.cancel()
            self._say(tr(OFF))
            return
        self._wanted = Draw(preview.source, dict(options))
        self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        if self._wanted is None or self._wanted == self._asked or not self.isVisible():
            return
        self._asked = self._wanted
        self._say(tr("Drawing…"))
        self.bar.show()
        self.looker.ask(self._wanted)

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.show()
        self.bar.hide()
        self.area.hide()

    def _show(self, seen: Drawn) -> None:
        self.grid.show_images(seen)
        self.bar.hide()
        self.said.hide()
        self.area.show()

    def _refuse(self, refused: Refused) -> None:
        self._asked = None
        self._say(refused.message)

    def shutdown(self) -> None:
        self.looker.shutdown()


class _Grid(QWidget):
    """A row for each image: as it is, then as each epoch sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Changed training images"))
        self._pictures: list[Any] = []
        self._wide = 1
        themes.changed.connect(self.update)

    def show_images(self, seen: Drawn) -> None:
        """Show these in place of what there is."""
        self._pictures = [pixmap(image, SIDE) for image in seen.images]
        self._wide = seen.wide
        rows = -(-len(self._pictures) // seen.wide)
        self.setMinimumSize(MARGIN * 2 + seen.wide * (SIDE + GAP) + GAP, MARGIN * 2 + HEAD + rows * (SIDE + GAP))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.setPen(color("muted"))
            for place in range(self._wide):
                words = tr("epoch {number}", number=place) if place else tr("as it is")
                painter.drawText(self._x(place), MARGIN, SIDE, HEAD, Qt.AlignmentFlag.AlignHCenter, words)
            for place, picture in enumerate(self._pictures):
                row, column = divmod(place, self._wide)
                painter.drawPixmap(self._x(column), MARGIN + HEAD + row * (SIDE + GAP), picture)
        finally:
            painter.end()

    def _x(self, column: int) -> int:
        """Where a column begins; the image as it is stands apart."""
        return MARGIN + column * (SIDE + GAP) + (2 * GAP if column else 0)
