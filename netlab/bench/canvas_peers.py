"""Other canvases with the same graph under the same hand, for `canvas_frames`."""

from __future__ import annotations

from netlab.bench.canvas_frames import SIZE, Frames, clock, drag, pan
from netlab.bench.canvas_graph import large


def plain(nodes: int) -> Frames:
    """What one writes first: one QGraphicsItem a node and a wire, each painting itself."""
    from PySide6.QtCore import QPointF, Qt
    from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
    from PySide6.QtWidgets import (
        QApplication,
        QGraphicsPathItem,
        QGraphicsRectItem,
        QGraphicsScene,
        QGraphicsSimpleTextItem,
        QGraphicsView,
    )

    view = QGraphicsView()
    view.setRenderHint(QPainter.RenderHint.Antialiasing)
    view.resize(*SIZE)
    view.show()
    QApplication.processEvents()
    project = large(nodes)
    scene = QGraphicsScene(view)

    def build(_: int) -> None:
        for node in project.graph.nodes.values():
            item = QGraphicsRectItem(0, 0, 196, 72)
            item.setBrush(QColor("#0072b2"))
            item.setFlag(QGraphicsRectItem.GraphicsItemFlag.ItemIsMovable)
            item.setPos(node.x, node.y)
            QGraphicsSimpleTextItem(node.name or node.type, item).setPos(10, 8)
            scene.addItem(item)
        for edge in project.graph.edges.values():
            a, b = project.graph.nodes[edge.source], project.graph.nodes[edge.target]
            path = QPainterPath(QPointF(a.x + 196, a.y + 40))
            path.cubicTo(a.x + 250, a.y + 40, b.x - 54, b.y + 40, b.x, b.y + 40)
            wire = QGraphicsPathItem(path)
            wire.setPen(QPen(QColor("#7f8a9b"), 1.9))
            scene.addItem(wire)
        view.setScene(scene)
        view.fitInView(scene.itemsBoundingRect(), Qt.AspectRatioMode.KeepAspectRatio)

    found = {"open": clock(build, 1)}
    scene.setSceneRect(scene.sceneRect().adjusted(-4000, -4000, 4000, 4000))
    found["pan, all in sight"] = pan(view)
    view.resetTransform()
    view.centerOn(2 * 306, 0)
    found["pan at 100 %"] = pan(view)
    return found


def nodegraphqt(nodes: int) -> Frames:
    """NodeGraphQt, without undo and selection while it is filled, which is the fastest way that it has.

    Raises:
        ImportError: it is not installed; ``pip install netlab[bench]`` brings it.
    """
    from NodeGraphQt import BaseNode, NodeGraph  # type: ignore[import-not-found]
    from PySide6.QtCore import QPoint

    class Made(BaseNode):
        """A node with the ports of the graph."""

        __identifier__ = "bench"
        NODE_NAME = "layer"

        def __init__(self) -> None:
            super().__init__()
            for port in ("x", "a", "b"):
                self.add_input(port, multi_input=False)
            self.add_output("y")

    graph = NodeGraph()
    graph.register_node(Made)
    view = graph.viewer()
    view.resize(*SIZE)
    view.show()
    project = large(nodes)

    def build(_: int) -> None:
        made = {
            node.id: graph.create_node(
                "bench.Made", node.name or node.type, pos=[node.x, node.y], selected=False, push_undo=False
            )
            for node in project.graph.nodes.values()
        }
        for edge in project.graph.edges.values():
            made[edge.target].inputs()[edge.target_port].connect_to(made[edge.source].output(0), push_undo=False)
        view.zoom_to_nodes(view.all_nodes())

    found = {"open": clock(build, 1)}
    empty = view.viewport().rect().bottomLeft() + QPoint(20, -20)
    found["pan, all in sight"] = drag(view, empty, middle=True)  # its scroll bars move nothing
    return found
