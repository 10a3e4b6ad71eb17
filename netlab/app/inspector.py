"""The inspector: everything about the selected node, or about the project when none is selected."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from netlab.app.canvas.menu import watch, watched
from netlab.app.code_field import CodeEdit
from netlab.app.form import clear, form, heading, muted, setting
from netlab.app.layer_help import LayerHelp, amount
from netlab.app.node_training import could_learn, how_it_learns
from netlab.app.problem_card import problem_card
from netlab.app.session import Session
from netlab.app.settings_panel import project_settings
from netlab.app.sweeps.dialog import ask_sweep
from netlab.app.ties import state_of, ties_of
from netlab.app.trial_row import TrialRow, write_code
from netlab.compiler.blocks import class_of
from netlab.document import edits
from netlab.document.graph import Node
from netlab.document.paths import place_of
from netlab.language import mark, tr
from netlab.layers.layer import Layer
from netlab.options import Python
from netlab.probes.probe import catalogue as probes


class Inspector(QScrollArea):
    """Rebuilt when the selection or what it shows changes, but not under the hands of somebody who types."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown: Any = None
        self._body = QWidget()
        self._body.setProperty("panel", True)
        self._layout = QVBoxLayout(self._body)
        self._layout.setContentsMargins(12, 10, 12, 12)
        self._layout.setSpacing(8)
        self.setWidget(self._body)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.refresh)
        session.selection_changed.connect(lambda _: self._later.start())
        session.inferred_changed.connect(lambda _: self._later.start())
        session.fault_changed.connect(self._later.start)
        session.replaced.connect(self._later.start)
        self.refresh()

    def refresh(self) -> None:
        """Show the selection as it is now."""
        state = self._state()
        if state == self._shown:
            return
        focus = QApplication.focusWidget()
        inside = focus is not None and self._body.isAncestorOf(focus)
        kept = focus.objectName() if focus is not None and inside else ""
        place = focus.place() if inside and isinstance(focus, CodeEdit) else None
        if place is not None and isinstance(focus, CodeEdit) and focus.document().isModified() and self._is_same(state):
            return  # it is shown when the text is taken over
        scroll = self.verticalScrollBar().value()
        self._shown = state
        clear(self._layout)
        selection = self.session.selection
        if len(selection) == 1:
            self._show_node(self.session.project.graph.nodes[selection[0]])
        elif selection:
            self._layout.addWidget(heading(tr("{count} nodes", count=len(selection))))
            count = sum(self.session.inferred.parameters(id) for id in selection)
            self._layout.addWidget(muted(tr("{count:,} parameters together", count=count)))
        else:
            self._layout.addWidget(project_settings(self.session))
        self._layout.addStretch(1)
        if kept:
            again = self._body.findChild(QWidget, kept)
            if again is not None:
                again.setFocus()
            if isinstance(again, CodeEdit) and place is not None:
                again.go_to(place)
        self.verticalScrollBar().setValue(scroll)

    def focus_options(self, name: str = "") -> None:
        """Put the keyboard into an option, the first if no name is given."""
        self.refresh()
        wanted = f"option/{name}"
        for part in self._parts():
            for field in part.findChildren(QWidget):
                if field.objectName() == wanted or (not name and field.objectName().startswith(wanted)):
                    part.show()  # it may be so new that it is not yet shown, and could not take the keyboard
                    inner = field.findChild(QSpinBox) if field.focusPolicy() == Qt.FocusPolicy.NoFocus else None
                    (inner or field).setFocus(Qt.FocusReason.TabFocusReason)
                    self.ensureWidgetVisible(field)
                    return

    def _parts(self) -> list[QWidget]:
        """What is in the inspector now, from top to bottom."""
        items = [self._layout.itemAt(i) for i in range(self._layout.count())]
        return [widget for item in items if item is not None and (widget := item.widget()) is not None]

    def _is_same(self, state: Any) -> bool:
        """Whether another state shows the same single node."""
        return all(isinstance(shown[0], Node) for shown in (state, self._shown)) and state[0].id == self._shown[0].id

    def _state(self) -> Any:
        """What is shown, as a value: equal values need no rebuild."""
        project, inferred = self.session.project, self.session.inferred
        selection = tuple(self.session.selection)
        if len(selection) == 1:
            node = selection[0]
            shapes = [s for s in (*inferred.inputs.items(), *inferred.outputs.items()) if s[0][0] == node]
            watching = [c for c in project.probes.values() if c.node == node]
            ties = state_of(self.session, project.graph.nodes[node])
            known = inferred.weights.get(node), node in inferred.untested, ties
            return project.graph.nodes[node], self.session.problems_of(node), shapes, watching, project.data, known
        return selection, project.title, project.about, project.data, dict(project.training)

    def _show_node(self, node: Node) -> None:
        add = self._layout.addWidget
        layer = class_of(self.session.project.graph, node)
        add(heading(tr(layer.title()) if layer is not None else tr("Unknown layer “{kind}”", kind=node.type)))
        name = QLineEdit(node.name)
        name.setPlaceholderText(tr("Name"))
        name.setObjectName("name")
        name.setAccessibleName(tr("Name of the node"))
        name.editingFinished.connect(lambda: self._rename(node.id, name))
        add(name)
        for problem in self.session.problems_of(node.id):
            add(problem_card(self.session, problem))
        if layer is None:
            words = mark("It is kept and saved as it is, but cannot be trained. Its options: {options}")
            add(muted(tr(words, options=node.options)))
            return
        add(muted(tr(layer.summary())))
        if layer.options():
            sweep = partial(ask_sweep, self.session, place_of(self.session.project, node))
            add(form(layer.options(), node.options, lambda n, v: self._set(node.id, n, v), self._fields(), sweep))
        if layer.must_run:
            add(TrialRow(self.session, node.id))
        self._show_switches(node)
        if could_learn(self.session, node):
            add(how_it_learns(self.session, node))
        for widget in ties_of(self.session, node):
            add(widget)
        self._show_shapes(node, layer)
        add(LayerHelp(layer))

    def _show_switches(self, node: Node) -> None:
        weights = self.session.inferred.learns(node.id)
        for key, probe in probes().items():
            if probe.can_watch(node.type, weights):
                switch = QCheckBox(tr(probe.title))
                switch.setObjectName(f"probe/{key}")
                switch.setChecked(watched(self.session, key, node.id) is not None)
                switch.toggled.connect(lambda on, key=key: watch(self.session, key, node.id, on))
                self._layout.addWidget(switch)

    def _show_shapes(self, node: Node, layer: type[Layer]) -> None:
        inferred = self.session.inferred
        rows = []
        for port, declared in layer.inputs().items():
            rows.append((tr("{port} in", port=declared.title), inferred.inputs.get((node.id, port), "–")))
        for port, declared in layer.outputs().items():
            rows.append((tr("{port} out", port=declared.title), inferred.outputs.get((node.id, port), "–")))
        for name, shape in inferred.weights.get(node.id, {}).items():
            rows.append((name, " × ".join(map(str, shape))))
        count = inferred.parameters(node.id)
        if count:
            rows.append((tr("parameters"), f"{count:,}"))
        cost = self.session.forecast.nodes.get(node.id)
        if cost is not None and cost.flops:
            rows.append((tr("operations"), tr("{amount} a sample", amount=amount(cost.flops, "FLOP"))))
            rows.append((tr("kept for backward"), tr("{amount} a sample", amount=amount(cost.activations, "B"))))
        cells = "".join(f"<tr><td style='padding-right:14px'>{a}</td><td>{b}</td></tr>" for a, b in rows)
        self._layout.addWidget(QLabel(f"<table>{cells}</table>"))

    def _fields(self) -> list[str]:
        return list(self.session.inferred.fields)

    def _rename(self, node: str, line: QLineEdit) -> None:
        if (
            node in self.session.project.graph.nodes
            and line.text().strip() != self.session.project.graph.nodes[node].name
        ):
            self.session.apply(tr("Rename"), edits.rename, node, line.text().strip())

    def _set(self, node: str, name: str, value: Any) -> None:
        record = self.session.project.graph.nodes.get(node)
        layer = class_of(self.session.project.graph, record) if record is not None else None
        if layer is None:
            return
        if isinstance(layer.options().get(name), Python):
            write_code(self.session, node, name, value)
        else:
            label = setting(layer.options()[name])
            self.session.apply(label, edits.set_option, node, name, value, merge=f"{node}/{name}")
