"""Where the parts of a node lie: one place for the painter, the ports and the hit test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from unicodedata import east_asian_width

from PySide6.QtCore import QPointF, QRectF

from netlab.compiler.passages import PASSAGE
from netlab.layers.layer import Layer

WIDTH = 196.0
HEADER = 30.0
ROW = 20.0
FOOTER = 22.0
WINDOW = 58.0
PORT = 5.5
REACH = 14.0
FAR = 1e6
DOT, DOT_REACH = QRectF(0, 0, 34, 20), 8.0  # a bend in a wire: the middle moves it, the ends are its ports


def on_canvas(x: float, y: float) -> QPointF:
    """Where something is drawn that lies at a place of the document; a file may name places far off any canvas."""
    return QPointF(min(max(x, -FAR), FAR), min(max(y, -FAR), FAR))


@dataclass(frozen=True)
class Layout:
    """Ports and height of one kind of node, in its own coordinates."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    titles: tuple[tuple[str, str], ...] = ()
    is_dot: bool = False
    window: float = 0.0  # height of the picture of what is inside, for blocks

    def title(self, port: str) -> str:
        """What a port is called."""
        return dict(self.titles).get(port, port)

    @property
    def reach(self) -> float:
        """How near to a port a press takes it."""
        return DOT_REACH if self.is_dot else REACH

    @cached_property
    def rows(self) -> int:
        return max(1, len(self.inputs), len(self.outputs))

    @cached_property
    def rect(self) -> QRectF:
        return DOT if self.is_dot else QRectF(0, 0, WIDTH, HEADER + ROW * self.rows + self.window + FOOTER)

    @cached_property
    def box(self) -> QRectF:
        """The card with its ports and its shadow."""
        return self.rect.adjusted(-REACH, -6, REACH, 8)

    @cached_property
    def inside(self) -> QRectF:
        """Where a block shows its content."""
        return QRectF(10, HEADER + ROW * self.rows + 4, WIDTH - 20, self.window - 6)

    def pill(self, row: int, text: str) -> QRectF:
        """Where the value of a row is written: at the right, as wide as it has letters; Chinese ones count twice."""
        letters = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
        width = min(max(7.0 * letters + 14, 30.0), 120.0)
        return QRectF(WIDTH - 12 - width, HEADER + ROW * row + 3.5, width, ROW - 3)

    def port(self, name: str, is_input: bool) -> QPointF:
        """Centre of a port; an unknown name sits at the top."""
        if self.is_dot:
            return QPointF(0 if is_input else DOT.width(), DOT.center().y())
        names = self.inputs if is_input else self.outputs
        row = names.index(name) if name in names else 0
        return QPointF(0 if is_input else WIDTH, HEADER + ROW * (row + 0.5) + 2)


def layout_of(layer: type[Layer] | None, inputs: set[str], outputs: set[str]) -> Layout:
    """The layout of a layer; for an unknown one, the ports that its wires use."""
    if layer is None:
        return Layout(tuple(sorted(inputs)), tuple(sorted(outputs)))
    return _declared(layer)


@lru_cache(maxsize=1024)
def _declared(layer: type[Layer]) -> Layout:
    if layer.role == PASSAGE:
        return Layout(tuple(layer.inputs()), tuple(layer.outputs()), is_dot=True)
    ports = {**layer.inputs(), **layer.outputs()}
    titles = tuple((name, port.title) for name, port in ports.items() if port.title != name)
    window = WINDOW if layer.role == "block" else 0.0
    return Layout(tuple(layer.inputs()), tuple(layer.outputs()), titles, window=window)
