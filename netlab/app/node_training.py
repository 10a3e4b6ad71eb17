"""How the weights of a node, or of all nodes in a block, learn beside the others: a part of the inspector."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from netlab.app.form import form, heading, muted, setting
from netlab.app.session import Session
from netlab.document import edits
from netlab.document.graph import BLOCK, Frame, Node
from netlab.document.training import NodeTraining, Training, node_training
from netlab.language import mark, tr
from netlab.options import OptionError

ONE_RATE = mark("L-BFGS moves all weights alike: these factors have no effect with it.")


def could_learn(session: Session, node: Node) -> bool:
    """Whether there is anything to say: the node has weights, or nodes in it have."""
    learns = session.inferred.learns
    inside = session.project.graph.inside(node.id) if node.type == BLOCK else []
    return learns(node.id) or any(could_learn(session, member) for member in inside)


def how_it_learns(session: Session, holder: Node) -> QWidget:
    """Fields for a node or block; each change is an undo step."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    layout.addWidget(heading(tr("How it learns")))
    freeze = QCheckBox(tr("Freeze weights"))
    freeze.setObjectName("freeze")
    freeze.setChecked(holder.frozen)
    freeze.toggled.connect(
        lambda on: session.apply(tr("Freeze") if on else tr("Thaw"), edits.set_frozen, [holder.id], on)
    )
    layout.addWidget(freeze)
    if not holder.frozen:
        layout.addWidget(form(NodeTraining.options(), values_of(holder), partial(_set, session, holder.id)))
        told = _told(session, holder)
        if told:
            layout.addWidget(muted(told))
    return widget


def values_of(holder: Node | Frame) -> dict[str, Any]:
    """Every value of `NodeTraining` as a form shows it."""
    return {name: option.default for name, option in NodeTraining.options().items()} | dict(holder.training)


def _told(session: Session, holder: Node) -> str:
    """What comes of the factors, where that is not plain from the fields."""
    try:
        training = Training(**session.project.training).values
        if holder.type == BLOCK:
            return tr("For all weights in it, times what they say themselves.") if holder.training else ""
        together = node_training(session.project.graph, holder)
    except OptionError:  # said among the problems
        return ""
    own = NodeTraining(**holder.training).values
    factor = together["learning_rate_factor"]
    if training["optimizer"] == "lbfgs" and factor != 1:
        return tr(ONE_RATE)
    told = [tr("η = {rate:.3g} here.", rate=training["learning_rate"] * factor)] if factor != 1 else []
    if together != own:
        told.append(tr("The frames and blocks around it count, too."))
    return " ".join(told)


def _set(session: Session, holder: str, name: str, value: Any) -> None:
    session.apply(
        setting(NodeTraining.options()[name]),
        edits.set_node_training,
        [holder],
        name,
        value,
        merge=f"{holder}/training/{name}",
    )
