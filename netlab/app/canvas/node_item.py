"""A node on the canvas: where it is, what is under the pointer, and what `card` has to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainterPath, QPixmap
from PySide6.QtWidgets import QGraphicsItem

from netlab.app.canvas.geometry import Layout, layout_of, on_canvas
from netlab.app.form import called
from netlab.app.theme import CATEGORY, category_color
from netlab.compiler.problem import ERROR, Problem
from netlab.document.graph import Node
from netlab.language import tr
from netlab.layers.block import REPEAT, SCAN
from netlab.layers.layer import Layer

if TYPE_CHECKING:
    from netlab.app.canvas.graph_item import GraphItem
    from netlab.app.canvas.inner import Inner

SHOWN_OPTIONS = 2
CATEGORIES = {name: i for i, name in enumerate(["", *CATEGORY])}


@dataclass(frozen=True)
class Field:
    """One line on a node: what it is called, its value, and the option that it shows; "" if it cannot be changed."""

    label: str
    value: str = ""
    option: str = ""


class NodeItem(QGraphicsItem):
    """One node. It holds no truth: `show_node` and `show_facts` tell it what there is. `GraphItem` draws it.

    Attributes:
        graph: the item that draws it, None before it lies in a scene.
        row: where it stands in the table of nodes.
        inner: what a block has inside, None for other nodes.
        through: the kind of what flows through a dot, "" for other nodes and while it is unknown.
        sprite, sprite_scale: its picture, and device pixels to a pixel of the scene in it; 0 if it has changed since.
    """

    def __init__(self, node: Node, layer: type[Layer] | None) -> None:
        super().__init__()
        self.graph: GraphItem | None = None
        self.row = -1
        self.sprite: QPixmap | None = None
        self.sprite_scale = 0.0
        self.node, self.layer = node, layer
        self.layout_: Layout = layout_of(layer, set(), set())
        self.problems: list[Problem] = []
        self.is_faulty = False
        self.parameters = 0
        self.hot_port: tuple[str, bool] | None = None
        self.inner: Inner | None = None
        self.through = ""
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.setZValue(1)

    def show_node(self, node: Node, layer: type[Layer] | None, inputs: set[str], outputs: set[str]) -> None:
        """Take over a changed node; the ports in use matter for unknown layers only."""
        self.node, self.layer = node, layer
        layout = layout_of(layer, inputs, outputs)
        if layout is not self.layout_:
            self.prepareGeometryChange()
            self.layout_ = layout
        self.setPos(on_canvas(node.x, node.y))
        self.update()

    def show_facts(self, problems: list[Problem], parameters: int, through: str = "") -> None:
        """Take over what the compiler says; redraws only if it is new."""
        told = (problems, parameters, through)
        if told == (self.problems, self.parameters, self.through) and self.toolTip():
            return
        self.problems, self.parameters, self.through = told
        self.is_faulty = any(problem.severity == ERROR for problem in problems)
        self.setToolTip("\n\n".join(problem.message for problem in problems) or self._help())
        self.update()

    def setPos(self, *to: Any) -> None:
        """Put the node at a point, or at x and y; the picture follows."""
        before = self.pos()
        super().setPos(*to)
        if self.graph is not None:
            self.graph.update(self.layout_.box.translated(before))
            self.place()

    def place(self) -> None:
        """Tell the picture where the node is."""
        if self.graph is not None:
            box, rect = self.layout_.box.translated(self.pos()), self.layout_.rect
            corner = self.pos()
            self.graph.nodes.put(self, box, (corner.x(), corner.y(), rect.width(), rect.height()))
            self._style()
            self.graph.update(box)

    def _style(self) -> None:
        """Write down how it looks from afar."""
        if self.graph is not None and self.row >= 0:
            self.graph.nodes.special[self.row] = bool(self.problems)
            self.graph.nodes.styles[self.row] = CATEGORIES.get(self.layer.category if self.layer else "", 0)

    def update(self) -> None:  # type: ignore[override]
        """Draw it anew."""
        self.sprite_scale = 0.0
        if self.graph is not None and self.row >= 0:
            self._style()
            self.graph.update(self.layout_.box.translated(self.pos()))

    def _help(self) -> str:
        layer = self.layer
        return tr(layer.summary()) if layer is not None else tr("Unknown layer {kind!r}", kind=self.node.type)

    @property
    def title(self) -> str:
        """What the header says: the name, or the kind of layer."""
        layer = self.layer
        return self.node.name or (tr(layer.title()) if layer else self.node.type)

    @property
    def badge(self) -> str:
        """How a block runs, where it does not run once: ``× 12``, ``scan``."""
        options = self.node.options
        mode = options.get("mode") if self.layer is not None and self.layer.role == "block" else None
        return f"× {options.get('repeat', 1)}" if mode == REPEAT else tr("scan →") if mode == SCAN else ""

    @property
    def kind(self) -> str:
        """What the footer says: the kind of layer, where the header has a name."""
        layer = self.layer
        return tr("unknown layer") if layer is None else tr(layer.title()) if self.node.name else ""

    @property
    def category_color(self) -> QColor:
        return category_color(self.layer.category if self.layer is not None else "")

    def port_pos(self, name: str, is_input: bool) -> QPointF:
        """Centre of a port in the scene."""
        return self.pos() + self.layout_.port(name, is_input)

    def port_at(self, scene_pos: QPointF) -> tuple[str, bool] | None:
        """The port under a point of the scene, with whether it is an input."""
        at = scene_pos - self.pos()
        for is_input, names in ((True, self.layout_.inputs), (False, self.layout_.outputs)):
            for name in names:
                if (self.layout_.port(name, is_input) - at).manhattanLength() <= self.layout_.reach:
                    return name, is_input
        return None

    def boundingRect(self) -> QRectF:
        return self.layout_.box

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.layout_.rect)
        return path

    def rows(self) -> list[Field]:
        """The main options: one line, or one for each port row."""
        layer = self.layer
        options = self.node.options
        if layer is None or self.layout_.is_dot or layer.role == "block":
            text = ", ".join(f"{name} {value}" for name, value in list(options.items())[:SHOWN_OPTIONS])
            return [Field(text)] if layer is None else []
        if layer.role == "input":
            return [Field("", str(options.get("field") or tr("choose a field")), "field")]
        if layer.role == "loss":
            weight = options.get("weight", 1.0)
            return [] if weight == 1.0 else [Field("", f"× {weight:g}", "weight")]
        telling = [name for name, o in layer.options().items() if o.kind not in ("float", "bool")] or [
            name for name, o in layer.options().items() if options.get(name, o.default) != o.default
        ]
        known = layer.options()
        first = [Field(called(known[name]), short(options.get(name)), name) for name in telling[:1]]
        if self.layout_.rows > 1:
            return first + [
                Field(called(known[name])) for name in known if options.get(name) is True and name != "bias"
            ]
        return first

    def field_at(self, scene_pos: QPointF) -> tuple[Field, QRectF] | None:
        """The value under a point of the scene that can be changed on the spot, with its place in the scene."""
        at = scene_pos - self.pos()
        for row, field in enumerate(self.rows()[: self.layout_.rows]):
            pill = self.layout_.pill(row, field.value)
            if field.option and pill.contains(at):
                return field, pill.translated(self.pos())
        return None


def short(value: object) -> str:
    """An option's value in few letters."""
    if isinstance(value, list | tuple):
        return " × ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
