"""Numbers to colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QImage

_map: Any = pg.colormap.get("viridis")  # pyqtgraph is not typed
TABLE: np.ndarray = _map.getLookupTable(0.0, 1.0, 256, alpha=False).astype(np.uint8)


def picture(values: np.ndarray, low: float = 0.0, high: float = 1.0) -> QImage:
    """A matrix (rows, columns) as an image, one pixel a number, on a perceptually even scale."""
    scaled = (np.asarray(values, np.float32) - low) / max(high - low, 1e-12)
    cells = (np.nan_to_num(scaled).clip(0, 1) * 255).astype(np.uint8)
    pixels = np.ascontiguousarray(TABLE[cells])
    height, width = cells.shape
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
