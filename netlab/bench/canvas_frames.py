"""Frames of one canvas in a process of its own: ``python -m netlab.bench.canvas_frames ours|plain|nodegraphqt NODES``.

Prints one JSON object with the milliseconds of all frames by case. A frame is an event and everything that Qt does
until the picture is ready for the screen. What counts is the time of the processor, all of it in one thread, so that
other work on the machine does not blur the figures.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netlab.bench.canvas_graph import FAN, HUB, large

if TYPE_CHECKING:
    from PySide6.QtWidgets import QGraphicsView

    from netlab.app.canvas.view import CanvasView

SIZE = (1600, 1000)
FRAMES = 240
Frames = dict[str, list[float]]


def clock(action: Callable[[int], object], frames: int = FRAMES) -> list[float]:
    """Milliseconds from each call until all events it caused are dealt with."""
    from PySide6.QtWidgets import QApplication

    QApplication.processEvents()
    times = []
    for i in range(frames):
        start = time.thread_time()
        action(i)
        QApplication.processEvents()
        times.append((time.thread_time() - start) * 1e3)
    return times


def pan(view: QGraphicsView, step: int = 12) -> list[float]:
    """Push the canvas to and fro."""
    across, down = view.horizontalScrollBar(), view.verticalScrollBar()

    def move(i: int) -> None:
        way = step if i // 60 % 2 == 0 else -step
        across.setValue(across.value() + way)
        down.setValue(down.value() + way // 2)

    return clock(move)


def zoom(view: QGraphicsView) -> list[float]:
    """Turn the wheel, out and in again."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    viewport = view.viewport()
    at = QPointF(SIZE[0] / 2, SIZE[1] / 2)

    def turn(i: int) -> None:
        way = -40 if i // 60 % 2 == 0 else 40
        event = QWheelEvent(
            at, viewport.mapToGlobal(at), QPoint(), QPoint(0, way), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(viewport, event)

    return clock(turn)


def drag(view: QGraphicsView, start: Any, middle: bool = False) -> list[float]:
    """Take hold of what is at a point of the viewport, with the left button or the middle one, and move it about."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    viewport, none = view.viewport(), Qt.MouseButton.NoButton
    hand = Qt.MouseButton.MiddleButton if middle else Qt.MouseButton.LeftButton

    def send(kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        event = QMouseEvent(kind, at, viewport.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)

    at = QPointF(start)
    send(QEvent.Type.MouseButtonPress, at, hand, hand)
    where = lambda i: at + QPointF(4 * (i % 40), 3 * (i % 25))  # noqa: E731
    times = clock(lambda i: send(QEvent.Type.MouseMove, where(i), none, hand))
    send(QEvent.Type.MouseButtonRelease, at, hand, none)
    return times


def ours(nodes: int) -> Frames:
    """Our canvas."""
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QApplication

    from netlab.app.canvas.arrange import arrange
    from netlab.app.canvas.view import CanvasView
    from netlab.app.session import Session

    session = Session(keep_journal=False)
    view = CanvasView(session)
    view.resize(*SIZE)
    view.show()
    QApplication.processEvents()
    project = large(nodes)
    found = {"open": clock(lambda _: session.take(project, None, None), 1)}
    found["pan, all in sight"] = pan(view)
    hub = view.node_rect(HUB)
    found[f"drag a node with {FAN} wires, all in sight"] = drag(view, hub.center())
    found["zoom"] = zoom(view)
    view.set_zoom(1.0)
    view.centre_on([HUB])
    found["pan at 100 %"] = pan(view)
    view.centre_on([HUB])
    hub = view.node_rect(HUB)
    found[f"drag a node with {FAN} wires at 100 %"] = drag(view, hub.topLeft() + QPoint(90, 10))
    view.fit()
    while not view.scene_.graph.is_finished:
        QApplication.processEvents()
    found["a run updates all nodes"] = clock(lambda i: _update(view, i))
    view.minimap.show()
    found["pan with the minimap, all in sight"] = pan(view)
    if nodes <= 1_000:
        ids = list(project.graph.nodes)[:500]
        found["arrange 500 nodes"] = clock(lambda _: arrange(project.graph, ids), 3)
    session.close()
    return found


def _update(view: CanvasView, i: int) -> None:
    """What a run does to the canvas: the halos of all nodes change."""
    view.scene_.graph.set_glow({id: (i + n) % 10 / 10 for n, id in enumerate(view.scene_.nodes)})


def main() -> int:
    """Measure one canvas and print its frames."""
    from netlab.app.start import application, quiet_platform
    from netlab.bench import canvas_peers

    application()
    quiet_platform()
    made = {"ours": ours, "plain": canvas_peers.plain, "nodegraphqt": canvas_peers.nodegraphqt}[sys.argv[1]]
    print(json.dumps(made(int(sys.argv[2]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
