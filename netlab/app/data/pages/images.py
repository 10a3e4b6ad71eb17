"""Images in a grid, each with what it is below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from netlab.app.data.page import Page
from netlab.data.look import Preview
from netlab.language import mark, tr

SIDE = 76


class ImagesPage(Page):
    """The first images of the training part."""

    title = mark("Images")
    place = 10

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = image_grid(tr("First images"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.grid)

    @classmethod
    def fits(cls, preview: Preview) -> bool:
        return preview.images is not None and len(preview.images) > 0

    def show_preview(self, preview: Preview, options: Mapping[str, Any]) -> None:
        assert preview.images is not None
        fill(self.grid, preview.images, preview.captions)


def image_grid(name: str) -> QListWidget:
    """An empty grid."""
    grid = QListWidget()
    grid.setAccessibleName(name)
    grid.setViewMode(QListView.ViewMode.IconMode)
    grid.setResizeMode(QListView.ResizeMode.Adjust)
    grid.setMovement(QListView.Movement.Static)
    grid.setUniformItemSizes(True)
    grid.setSpacing(4)
    grid.setIconSize(QSize(SIDE, SIDE))
    return grid


def fill(grid: QListWidget, images: np.ndarray, captions: tuple[str, ...]) -> None:
    """Show images, uint8 (n, H, W, 3), with their captions."""
    grid.clear()
    height = grid.fontMetrics().height() if any(captions) else 0
    for place, pixels in enumerate(images):
        caption = captions[place] if place < len(captions) else ""
        item = QListWidgetItem(QIcon(pixmap(pixels)), caption)
        item.setToolTip(caption)
        item.setSizeHint(QSize(SIDE + 14, SIDE + 16 + height))
        item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        grid.addItem(item)


def pixmap(pixels: np.ndarray, side: int = SIDE) -> QPixmap:
    """An image, uint8 (H, W, 3), as large as fits a square; small ones keep their square pixels."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    grows = max(width, height) < side
    mode = Qt.TransformationMode.FastTransformation if grows else Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode))
