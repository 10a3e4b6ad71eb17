"""A random walk over every edit there is, through commands and through the mouse and the keys."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netlab.app.canvas import aligning, editing
from netlab.app.canvas.new_node import new_node
from netlab.app.canvas.view import CanvasView
from netlab.app.session import Session
from netlab.compiler.retyping import as_type
from netlab.document import blocks, edits, piece, rewiring, states
from netlab.document.diff import Diff
from netlab.document.graph import BLOCK, Frame, Node
from netlab.document.project import Project
from netlab.document.values import plain
from netlab.layers.block import Block

KEYS = ("linear", "relu", "conv2d", "add", "lstm", "output", "input", "reroute", "multi_head_attention", "mse_loss")
FULL = 18  # nodes; a larger graph is slower and no stranger
PRESSED = (
    Qt.Key.Key_Delete, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Escape, Qt.Key.Key_PageDown, Qt.Key.Key_Return,
    Qt.Key.Key_Tab, Qt.Key.Key_Space,
)  # fmt: skip
HELD = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
        Qt.KeyboardModifier.AltModifier)  # fmt: skip
JUDGED_EVERY = 40  # judging shapes after every step would take most of the time, and is tested elsewhere


class Quiet(Session):
    """A session that judges the graph only now and then, so that a walk is about the document and the canvas."""

    count = 0

    def _find_fixes(self) -> None:
        """Not here: the judgement may be older than the graph."""

    def _on_change(self, project: Project, diff: Diff) -> None:
        self.count += 1
        if self.count % JUDGED_EVERY == 0:
            super()._on_change(project, diff)
            return
        self._let_go(project)
        self.changed.emit(project, diff)


class Monkey:
    """Does one random thing after the other. What an edit refuses is refused in words, and that is fine."""

    def __init__(self, session: Session, view: CanvasView, seed: int) -> None:
        self.session, self.view, self.rng = session, view, random.Random(seed)

    def step(self) -> None:
        """One command."""
        chance = self.rng.random()
        if chance < 0.1:
            self.session.undo()
        elif chance < 0.17:
            self.session.redo()
        elif chance < 0.2:
            scopes = ["", *(n.id for n in self.session.project.graph.nodes.values() if n.type == BLOCK)]
            self.session.enter(self.rng.choice(scopes))
        else:
            self.rng.choice(COMMANDS)(self)

    def some(self, most: int = 3) -> list[str]:
        """Some of the nodes that are shown."""
        nodes = list(self.view.scene_.nodes)
        return self.rng.sample(nodes, min(len(nodes), self.rng.randint(1, most)))

    def apply(self, label: str, edit: Callable[..., Project], *args: Any, **more: Any) -> None:
        self.session.apply(label, edit, *args, **more)

    def add(self) -> None:
        project = self.session.project
        if len(project.graph.nodes) >= FULL:
            self.apply("Remove", edits.remove, self.some(4))
            return
        x, y = self.rng.randrange(-500, 1500), self.rng.randrange(-500, 900)
        self.apply("Add", edits.add_node, new_node(project, self.rng.choice(KEYS), x, y, self.session.scope))

    def connect(self) -> None:
        ids = self.some(2)
        items = [self.view.scene_.nodes[id].layout_ for id in ids]
        if len(ids) == 2 and items[0].outputs and items[1].inputs:
            ports = self.rng.choice(items[0].outputs), self.rng.choice(items[1].inputs)
            self.apply("Connect", edits.connect, ids[0], ports[0], ids[1], ports[1])

    def move(self) -> None:
        places = {id: (self.rng.uniform(-900, 900), self.rng.uniform(-900, 900)) for id in self.some()}
        self.apply("Move", edits.move, places, merge=self.rng.choice((None, "move")))

    def remove(self) -> None:
        graph = self.session.project.graph
        ids = [*self.some(2), *graph.edges][: self.rng.randint(0, 2)]
        self.apply("Remove", edits.remove, ids)

    def set_state(self) -> None:
        edit = self.rng.choice((states.set_pinned, states.set_bypassed, edits.set_frozen))
        self.apply("State", edit, self.some(), self.rng.random() < 0.5)

    def option(self) -> None:
        for id in self.some(1):
            self.apply("Set", edits.set_option, id, "out_features", self.rng.randrange(-3, 99), merge=id)
            self.apply("Rename", edits.rename, id, self.rng.choice(("", "a", "naïve", "λ" * 9)))

    def frame(self) -> None:
        frames = list(self.session.project.graph.frames)
        if len(frames) < 4:
            id = edits.fresh_id(frames, "f")
            self.apply("Frame", edits.add_frame, Frame(id, "F", x=self.rng.uniform(-9, 9), parent=self.session.scope))
        elif self.rng.random() < 0.5:
            note = self.rng.choice(("", "**b**", "# h\n- x"))
            self.apply("Frame", edits.set_frame, self.rng.choice(frames), width=self.rng.uniform(1, 900), note=note)
        else:
            self.apply("Remove", edits.remove, [self.rng.choice(frames)])

    def block(self) -> None:
        found = [id for id in self.some(4) if self.session.project.graph.nodes[id].type == BLOCK]
        if found:
            self.apply("Dissolve", blocks.dissolve_block, found[0])
        elif self.rng.random() < 0.4:
            self.apply("Block", blocks.make_block, self.some(), "b", plain(Block().values))

    def paste(self) -> None:
        graph = self.session.project.graph
        if len(graph.nodes) < FULL:
            cut = piece.decode(piece.encode(piece.cut_out(graph, self.some(), list(graph.frames)[:1])))
            self.apply("Paste", piece.put_in, piece.renewed(cut, graph, 40.0, self.session.scope))

    def rewire(self) -> None:
        graph, ids = self.session.project.graph, self.some(2)
        wires = [edge for edge in graph.edges.values() if edge.source in self.view.scene_.nodes]
        match self.rng.randrange(4):
            case 0:
                self.apply("Bridge", rewiring.bridge, ids)
            case 1 if ids:
                self.apply("Replace", as_type, ids[0], self.rng.choice(KEYS))
            case 2 if wires and len(graph.nodes) < FULL:
                editing.add_dot(self.view, self.rng.choice(wires).id, QRectF(0, 0, 90, 90).center())
            case 3 if wires and ids:
                self.apply("Put", rewiring.put_on_edge, self.rng.choice(wires).id, ids[0], "x", "y", (1.0, 2.0))
            case _:
                self.apply("Nonsense", edits.add_node, Node("n1", "quantum", parent=self.rng.choice(("", "n3"))))

    def arrange(self) -> None:
        self.session.select(self.some(5))
        if self.rng.random() < 0.8:
            editing.align(self.view, self.rng.choice(list(aligning.WAYS)))
        else:
            editing.arrange_nodes(self.view)

    def touch(self) -> None:
        """Mouse or keys on the canvas."""
        port = self.view.viewport()

        def point() -> QPoint:
            nodes = list(self.view.scene_.nodes)
            if nodes and self.rng.random() < 0.7:
                rect = self.view.node_rect(self.rng.choice(nodes))
                edges = (rect.center(), rect.topLeft() + QPoint(0, 40), rect.topRight() + QPoint(0, 40))
                return self.rng.choice(edges)
            return QPoint(self.rng.randrange(port.width()), self.rng.randrange(port.height()))

        keys = self.rng.choice(HELD)
        button = self.rng.choice((Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton))
        match self.rng.randrange(5):
            case 0:
                QTest.mouseDClick(port, button, keys, point())
            case 1:
                QTest.keyClick(self.view, self.rng.choice(PRESSED), keys)
            case 2:
                self.view.fit()
                QTest.mouseClick(port, button, keys, point())
            case _:
                QTest.mousePress(port, button, keys, point())
                for _ in range(3):
                    QTest.mouseMove(port, point())
                if self.rng.random() < 0.3:
                    self.rng.choice((self.session.undo, self.session.redo, self.add))()
                QTest.mouseRelease(port, button, keys, point())
        self.view.quick_add.hide()
        QApplication.processEvents()


COMMANDS: tuple[Callable[[Monkey], None], ...] = (
    Monkey.add, Monkey.add, Monkey.add, Monkey.connect, Monkey.connect, Monkey.connect, Monkey.move, Monkey.remove,
    Monkey.set_state, Monkey.option, Monkey.frame, Monkey.block, Monkey.paste, Monkey.rewire, Monkey.arrange,
)  # fmt: skip
