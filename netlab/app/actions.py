"""Every action once: menus, toolbar, shortcuts and tooltips are built from this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from netlab.app import consent
from netlab.app.canvas import editing, keyboard
from netlab.app.canvas.aligning import WAYS
from netlab.app.exporting import export_code
from netlab.app.importing import models, weights
from netlab.app.keep_block import keep_block
from netlab.app.session import Session
from netlab.app.ties import copy_linked
from netlab.app.training import trying
from netlab.document.graph import BLOCK
from netlab.language import tr
from netlab.protocol.commands import Advance, Keep
from netlab.runs.reader import LIVE

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


def _always(session: Session) -> bool:
    return True


def _is_block(session: Session) -> bool:
    nodes = session.project.graph.nodes
    return len(session.selection) == 1 and nodes[session.selection[0]].type == BLOCK


def _is_any(session: Session) -> bool:
    return bool(session.selection or session.frames)


def _is_one(session: Session) -> bool:
    return len(session.selection) == 1


@dataclass(frozen=True)
class Action:
    """One thing a person can do.

    Attributes:
        id: stable name.
        text: as menus say it.
        menu: File, Edit, Arrange, View, Run or Help.
        help: a sentence for the status bar and the tooltip.
        run: does it.
        enabled: whether it applies now.
        shortcut: key sequence, "" for none.
        toolbar: also a button in the toolbar.
        separate: a line before it in the menu.
    """

    id: str
    text: str
    menu: str
    help: str
    run: Callable[[MainWindow], object]
    enabled: Callable[[Session], bool] = _always
    shortcut: str = ""
    toolbar: bool = False
    separate: bool = False

    def tooltip(self, shortcut: str) -> str:
        """The help with the keys in force behind it."""
        keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        return f"{tr(self.help)} ({keys})" if keys else tr(self.help)


def _state(*states: str) -> Callable[[Session], bool]:
    return lambda session: session.run is not None and session.run.status.get("state") in states


ACTIONS: tuple[Action, ...] = (
    Action("new", "New", "File", "Start an empty project.", lambda w: w.new(), shortcut="Ctrl+N", toolbar=True),
    Action("open", "Open…", "File", "Open a project.", lambda w: w.open_dialog(), shortcut="Ctrl+O", toolbar=True),
    Action("save", "Save", "File", "Save the project.", lambda w: w.save(), shortcut="Ctrl+S", toolbar=True),
    Action("save_as", "Save as…", "File", "Save under another name.", lambda w: w.save_as(), shortcut="Ctrl+Shift+S"),
    Action("open_run", "Open run…", "File", "Watch a run, live or over.", lambda w: w.open_run_dialog(), separate=True),
    Action("import_model", "Import model…", "File", "Make a project of a model in .onnx, .pt2 or Python.",
           models.choose, separate=True),
    Action("import_weights", "Import weights…", "File", "Let this model begin with weights from a file.",
           weights.choose, lambda s: bool(s.project.graph.nodes)),
    Action("export", "Export code…", "File", "Write the model as one Python file.", export_code,
           lambda s: not s.inferred.blocking, "Ctrl+E"),
    Action("quit", "Quit", "File", "Close the window. A run goes on.", lambda w: w.close(), shortcut="Ctrl+Q", separate=True),
    Action("undo", "Undo", "Edit", "Take the last step back.", lambda w: w.session.undo(),
           lambda s: s.document.can_undo, "Ctrl+Z", toolbar=True),
    Action("redo", "Redo", "Edit", "Make the step again.", lambda w: w.session.redo(),
           lambda s: s.document.can_redo, "Ctrl+Shift+Z", toolbar=True),
    Action("cut", "Cut", "Edit", "Copy the selected nodes and remove them.", lambda w: w.cut(),
           _is_any, "Ctrl+X", separate=True),
    Action("copy", "Copy", "Edit", "Copy the selected nodes with the wires between them.", lambda w: w.copy(),
           _is_any, "Ctrl+C"),
    Action("paste", "Paste", "Edit", "Put copied nodes onto the canvas.", lambda w: w.paste(), shortcut="Ctrl+V"),
    Action("paste_code", "Paste code as graph…", "Edit", "Make nodes of a class of PyTorch in the clipboard.",
           lambda w: w.paster.paste()),
    Action("duplicate", "Duplicate", "Edit", "Copy and paste at once.", lambda w: w.duplicate(),
           _is_any, "Ctrl+D"),
    Action("delete", "Delete", "Edit", "Remove the selected nodes and wires.", lambda w: editing.delete_selection(w.canvas),
           shortcut="Del"),
    Action("copy_code", "Copy as code", "Edit", "Copy the selected nodes as PyTorch text.", lambda w: w.copy_code(),
           lambda s: bool(s.selection), "Ctrl+Shift+C"),
    Action("bridge", "Remove and join", "Edit", "Remove the selected nodes; what fed them feeds what they fed.",
           lambda w: editing.bridge_selection(w.canvas), lambda s: bool(s.selection), "Ctrl+Del"),
    Action("find", "Find in graph…", "Edit", "Find a node by its name, kind or options.",
           lambda w: w.command_palette.open_nodes(), shortcut="Ctrl+F", separate=True),
    Action("commands", "Command palette…", "Edit", "Find any action, layer, node, setting or example.",
           lambda w: w.command_palette.open_all(), shortcut="Ctrl+Shift+P"),
    Action("select_all", "Select all", "Edit", "Select every node.",
           lambda w: editing.select_all(w.canvas),
           shortcut="Ctrl+A", separate=True),
    Action("select_upstream", "Select upstream", "Edit", "Select what leads to the selected nodes as well.",
           lambda w: editing.select_stream(w.canvas, True), lambda s: bool(s.selection), "Ctrl+Shift+Left"),
    Action("select_downstream", "Select downstream", "Edit", "Select what the selected nodes lead to as well.",
           lambda w: editing.select_stream(w.canvas, False), lambda s: bool(s.selection), "Ctrl+Shift+Right"),
    Action("rename", "Rename…", "Edit", "Give the selected node another name.", lambda w: w.rename(), _is_one, "F2",
           separate=True),
    Action("replace", "Replace by…", "Edit", "Put another layer in its place; wires and common options stay.",
           lambda w: w.canvas.offer_replacements(w.session.selection[0]), _is_one, "Ctrl+R"),
    Action("wire", "Wire by keys", "Edit", "Draw a wire from the selected node: arrows choose, Enter wires.",
           lambda w: keyboard.start_wire(w.canvas), _is_one, "W"),
    Action("bypass", "Bypass", "Edit", "Leave the selected nodes out of the model, or take them in again.",
           lambda w: editing.toggle(w.canvas, "bypassed"), lambda s: bool(s.selection), "Ctrl+B"),
    Action("freeze", "Freeze weights", "Edit", "Let the weights of the selected nodes stay, or learn again.",
           lambda w: editing.toggle(w.canvas, "frozen"), lambda s: bool(s.selection)),
    Action("make_block", "Make block", "Edit", "Put the selected nodes into a block.", lambda w: w.session.make_block(),
           lambda s: bool(s.selection), "Ctrl+G", separate=True),
    Action("dissolve_block", "Dissolve block", "Edit", "Put the content of a block where the block is.",
           lambda w: w.session.dissolve_block(), _is_block, "Ctrl+Shift+G"),
    Action("copy_linked", "Copy block, linked", "Edit", "Copy a block so that an edit inside of one happens in both.",
           lambda w: copy_linked(w.session), _is_block, "Alt+D"),
    Action("keep_block", "Save block to library…", "Edit", "Put a block into the palette, for this and other projects.",
           lambda w: keep_block(w), _is_block),
    Action("open_block", "Open block", "View", "Look into the selected block.",
           lambda w: w.session.enter(w.session.selection[0]), _is_block, "Ctrl+Down"),
    Action("leave_block", "Leave block", "View", "Go back to where the block lies.", lambda w: w.session.leave(),
           lambda s: bool(s.scope), "Ctrl+Up"),
    Action("preferences", "Preferences…", "Edit", "Grid, motion, size of the interface.", lambda w: w.show_preferences(),
           shortcut="Ctrl+,", separate=True),
    Action("shortcuts", "Keyboard shortcuts…", "Edit", "List the keys, and change them.", lambda w: w.show_shortcuts()),
    Action("add", "Add layer…", "Edit", "Search for a layer and add it.", lambda w: w.add_layer(), shortcut="Ctrl+Space"),
    Action("fit", "Zoom to fit", "View", "Show the whole graph.", lambda w: w.canvas.fit(), shortcut="F", toolbar=True),
    Action("arrange", "Arrange", "Arrange", "Lay out the selected nodes, or all, along their wires.",
           lambda w: editing.arrange_nodes(w.canvas), lambda s: bool(s.project.graph.nodes), "Ctrl+L", toolbar=True),
    Action("pin", "Pin in place", "Arrange", "Let Arrange leave the selected nodes where they are, or not.",
           lambda w: editing.toggle(w.canvas, "pinned"), lambda s: bool(s.selection), "Ctrl+I"),
    Action("add_frame", "Add frame", "Arrange", "Put a frame around the selected nodes, with a title and a note.",
           lambda w: editing.add_frame(w.canvas), shortcut="Ctrl+J", separate=True),
    *(Action(f"align_{how}", words, "Arrange", help, lambda w, how=how: editing.align(w.canvas, how),
             lambda s, how=how: len(s.selection) > (2 if how in ("across", "down") else 1),
             separate=how in ("left", "across")) for how, (words, help) in WAYS.items()),
    Action("fit_selection", "Zoom to selection", "View", "Show what is selected as large as it fits.",
           lambda w: w.canvas.fit_selection(), lambda s: bool(s.selection), "Shift+F"),
    Action("zoom_100", "Zoom to 100 %", "View", "Show the graph at its own size.", lambda w: w.canvas.set_zoom(1.0),
           shortcut="Ctrl+0"),
    Action("minimap", "Minimap", "View", "Show the whole graph in a corner, or hide it.", lambda w: w.canvas.minimap.toggle(),
           shortcut="Ctrl+M"),
    Action("preview", "Preview data", "View", "Show at every node what it makes of one sample.",
           lambda w: w.canvas.preview.toggle(), shortcut="Ctrl+Shift+D"),
    Action("theme", "Theme", "View", "Switch between the light and the dark theme.", lambda w: w.toggle_theme(),
           shortcut="Ctrl+Shift+L", toolbar=True, separate=True),
    Action("train", "Train", "Run", "Train this model.", lambda w: consent.ask(w.session, w) and w.session.train(),
           lambda s: not s.inferred.blocking and not s.is_running, "F5", toolbar=True),
    Action("train_elsewhere", "Train on another machine…", "Run", "Train by ssh on another machine, and mirror the run here.",
           lambda w: w.runs.train_elsewhere(), lambda s: not s.inferred.blocking),
    Action("sanity", "Check before training…", "Run", "Try whether everything is wired to learn, and learn one batch by heart.",
           lambda w: consent.ask(w.session, w) and trying.check(w), lambda s: not s.inferred.blocking, separate=True),
    Action("rate", "Find a learning rate…", "Run", "Let the learning rate rise, and see where the loss falls fastest.",
           lambda w: consent.ask(w.session, w) and trying.find_rate(w), lambda s: not s.inferred.blocking),
    Action("pause", "Pause or go on", "Run", "Let the run wait, or go on.", lambda w: w.toggle_pause(),
           _state("running", "paused"), "F6"),
    Action("stop", "Stop", "Run", "End the run with a checkpoint.", lambda w: w.session.stop(),
           _state(*LIVE), "Shift+F5"),
    Action("step", "Step", "Run", "Make one step of a paused run, and show what each node holds.",
           lambda w: w.session.command(Advance("update")), _state("paused"), "F8", separate=True),
    Action("forward", "Forward", "Run", "Go on to the end of the next forward pass.",
           lambda w: w.session.command(Advance("forward")), _state("paused"), "Ctrl+F8"),
    Action("backward", "Backward", "Run", "Go on until the gradients are found.",
           lambda w: w.session.command(Advance("backward")), _state("paused"), "Shift+F8"),
    Action("keep", "Keep this moment", "Run", "Write a checkpoint that stays, to branch off from.",
           lambda w: w.session.command(Keep()), _state("running", "paused")),
    Action("go_on", "Resume from checkpoint", "Run", "Let an ended run go on.", lambda w: w.session.resume_run(),
           _state("lost", "failed", "stopped")),
    Action("about", "About NetLab", "Help", "Version and licence.", lambda w: w.about()),
)  # fmt: skip
