"""A node as a card: header in the colour of its category, ports at the sides, its main options, what it weighs."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from netlab.app.canvas.geometry import FOOTER, HEADER, PORT, REACH, ROW, WIDTH, Layout, layout_of
from netlab.app.theme import CATEGORY, UNKNOWN_CATEGORY, color
from netlab.compiler.problem import ERROR, Problem
from netlab.document.graph import Node
from netlab.layers.layer import Layer

RADIUS = 9.0
TITLE_FROM = 0.15  # from far away only the title is left, in letters that can still be read
TITLE_POINTS = 5.6  # on the screen
TEXT_FROM = 0.4  # below this zoom letters cannot be read and are left out
SHOWN_OPTIONS = 2


class NodeItem(QGraphicsItem):
    """Draws one node. It holds no truth: `show_node` and `show_facts` tell it what to draw."""

    def __init__(self, node: Node, layer: type[Layer] | None) -> None:
        super().__init__()
        self.node, self.layer = node, layer
        self.layout_: Layout = layout_of(layer, set(), set())
        self.problems: list[Problem] = []
        self.parameters = 0
        self.hot_port: tuple[str, bool] | None = None
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setZValue(1)
        self.show_node(node, layer, set(), set())

    def show_node(self, node: Node, layer: type[Layer] | None, inputs: set[str], outputs: set[str]) -> None:
        """Take over a changed node; the ports in use matter for unknown layers only."""
        self.prepareGeometryChange()
        self.node, self.layer = node, layer
        self.layout_ = layout_of(layer, inputs, outputs)
        self.setPos(node.x, node.y)
        self.update()

    def show_facts(self, problems: list[Problem], parameters: int) -> None:
        """Take over what the compiler says; redraws only if it is new."""
        if problems == self.problems and parameters == self.parameters:
            return
        self.problems, self.parameters = problems, parameters
        self.setToolTip("\n\n".join(problem.message for problem in problems) or self._help())
        self.update()

    def _help(self) -> str:
        layer = self.layer
        return layer.summary() if layer is not None else f"Unknown layer {self.node.type!r}"

    @property
    def title(self) -> str:
        """What the header says: the name, or the kind of layer."""
        layer = self.layer
        return self.node.name or (layer.title() if layer else self.node.type)

    @property
    def category_color(self) -> QColor:
        layer = self.layer
        return QColor(CATEGORY.get(layer.category, UNKNOWN_CATEGORY) if layer else UNKNOWN_CATEGORY)

    def port_pos(self, name: str, is_input: bool) -> QPointF:
        """Centre of a port in the scene."""
        return self.mapToScene(self.layout_.port(name, is_input))

    def port_at(self, scene_pos: QPointF) -> tuple[str, bool] | None:
        """The port under a point of the scene, with whether it is an input."""
        at = self.mapFromScene(scene_pos)
        for is_input, names in ((True, self.layout_.inputs), (False, self.layout_.outputs)):
            for name in names:
                if (self.layout_.port(name, is_input) - at).manhattanLength() <= REACH:
                    return name, is_input
        return None

    def boundingRect(self) -> QRectF:
        return self.layout_.rect.adjusted(-REACH, -6, REACH, 8)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.layout_.rect)
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        self._paint_card(painter)
        if zoom >= TEXT_FROM:
            self._paint_text(painter)
        elif zoom >= TITLE_FROM:
            self._paint_title(painter, zoom)
        self._paint_ports(painter, zoom)

    def _paint_card(self, painter: QPainter) -> None:
        rect = self.layout_.rect
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 22))
        painter.drawRoundedRect(rect.translated(0, 2.5), RADIUS, RADIUS)
        faulty = any(problem.severity == ERROR for problem in self.problems)
        edge = color("error" if faulty else "warning" if self.problems else "border")
        width = 2.0 if self.problems else 1.0
        if self.isSelected():
            edge, width = color("accent"), 2.4
        painter.setPen(QPen(edge, width))
        painter.setBrush(color("surface"))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        header = QPainterPath()
        header.addRoundedRect(rect.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
        below = QPainterPath()
        below.addRect(QRectF(0, HEADER, WIDTH, rect.height()))
        painter.fillPath(header - below, self.category_color)

    def _paint_text(self, painter: QPainter) -> None:
        bold, plain = _font(10.0, True), _font(8.6)
        painter.setFont(bold)
        painter.setPen(QColor("#ffffff"))
        room = WIDTH - 20 - (18 if self.problems else 0) - (16 if self.node.frozen else 0)
        title = QFontMetricsF(bold).elidedText(self.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(10, 0, room, HEADER), Qt.AlignmentFlag.AlignVCenter, title)
        if self.node.frozen:
            painter.drawText(
                QRectF(10, 0, room + 16, HEADER), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "❄"
            )
        if self.problems:
            self._paint_badge(painter)
        painter.setFont(plain)
        self._paint_rows(painter)
        rect = self.layout_.rect
        footer = QRectF(10, rect.bottom() - FOOTER, WIDTH - 20, FOOTER - 3)
        painter.setPen(color("muted"))
        layer = self.layer
        kind = layer.title() if layer is not None and self.node.name else "" if layer is not None else "unknown layer"
        painter.drawText(footer, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, kind)
        if self.parameters:
            painter.drawText(
                footer, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, _count(self.parameters)
            )

    def _paint_title(self, painter: QPainter, zoom: float) -> None:
        """The title in the body of the card, as large as on the screen it has to be."""
        painter.setFont(_font(min(TITLE_POINTS / zoom, 30.0), True))
        painter.setPen(color("text"))
        box = self.layout_.rect.adjusted(8, HEADER, -8, -2)
        text = painter.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_rows(self, painter: QPainter) -> None:
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        several = len(self.layout_.inputs) > 1
        painter.setPen(color("text"))
        summary = self._options()
        for row in range(self.layout_.rows):
            box = QRectF(12, HEADER + ROW * row + 2, WIDTH - 24, ROW)
            if several and row < len(self.layout_.inputs):
                painter.setPen(color("muted"))
                painter.drawText(box, middle | left, self.layout_.title(self.layout_.inputs[row]))
                painter.setPen(color("text"))
            if row < len(summary):
                room = WIDTH - 24 - (70 if several else 0)
                text = painter.fontMetrics().elidedText(summary[row], Qt.TextElideMode.ElideRight, int(room))
                painter.drawText(box, middle | (right if several else left), text)

    def _options(self) -> list[str]:
        """The main options in few words: one line, or one for each port row."""
        layer = self.layer
        options = self.node.options
        if layer is None:
            return [", ".join(f"{name} {value}" for name, value in list(options.items())[:SHOWN_OPTIONS])]
        if layer.role == "input":
            return [str(options.get("field") or "choose a field")]
        if layer.role == "loss":
            weight = options.get("weight", 1.0)
            return [] if weight == 1.0 else [f"× {weight:g}"]
        telling = [name for name, o in layer.options().items() if o.kind not in ("float", "bool")] or [
            name for name, o in layer.options().items() if options.get(name, o.default) != o.default
        ]
        first = [f"{name} {_short(options.get(name))}" for name in telling[:SHOWN_OPTIONS]]
        if self.layout_.rows > 1:
            flags = [name for name in layer.options() if options.get(name) is True and name != "bias"]
            return [*first[:1], *flags]
        return [first[0]] if first else []

    def _paint_badge(self, painter: QPainter) -> None:
        box = QRectF(WIDTH - 25, 7, 16, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(box)
        painter.setPen(color("error" if any(p.severity == ERROR for p in self.problems) else "warning"))
        painter.setFont(_font(10.0, True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "!")
        painter.setPen(color("text"))

    def _paint_ports(self, painter: QPainter, zoom: float) -> None:
        painter.setBrush(color("surface"))
        open_ports = {problem.port for problem in self.problems if problem.code == "open_port"}
        for is_input, names in ((True, self.layout_.inputs), (False, self.layout_.outputs)):
            for name in names:
                hot = self.hot_port == (name, is_input)
                missing = is_input and name in open_ports
                painter.setPen(
                    QPen(color("accent" if hot else "error" if missing else "wire"), 2.2 if hot or missing else 1.6)
                )
                painter.setBrush(color("accent" if hot else "surface"))
                size = PORT + 2 if hot else PORT
                painter.drawEllipse(self.layout_.port(name, is_input), size, size)


def _font(points: float, bold: bool = False) -> QFont:
    font = QFont()
    font.setPointSizeF(points)
    font.setBold(bold)
    return font


def _short(value: object) -> str:
    if isinstance(value, list | tuple):
        return " × ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _count(number: int) -> str:
    """Parameters in few letters: 640, 37.2 k, 1.3 M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= limit:
            return f"{number / (1e3 if unit == 'k' else limit):.1f} {unit}"
    return f"{number:,}"
