"""Every action once: menus, toolbar, shortcuts and tooltips are built from this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from netlab.app.session import Session
from netlab.app.ties import copy_linked
from netlab.document.graph import BLOCK
from netlab.runs.reader import LIVE

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


def _always(session: Session) -> bool:
    return True


def _is_block(session: Session) -> bool:
    nodes = session.project.graph.nodes
    return len(session.selection) == 1 and nodes[session.selection[0]].type == BLOCK


@dataclass(frozen=True)
class Action:
    """One thing a person can do.

    Attributes:
        id: stable name.
        text: as menus say it.
        menu: File, Edit, View, Run or Help.
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

    def tooltip(self) -> str:
        """The help with the shortcut behind it."""
        keys = QKeySequence(self.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        return f"{self.help} ({keys})" if keys else self.help


def _state(*states: str) -> Callable[[Session], bool]:
    return lambda session: session.run is not None and session.run.status.get("state") in states


ACTIONS: tuple[Action, ...] = (
    Action("new", "New", "File", "Start an empty project.", lambda w: w.new(), shortcut="Ctrl+N", toolbar=True),
    Action("open", "Open…", "File", "Open a project.", lambda w: w.open_dialog(), shortcut="Ctrl+O", toolbar=True),
    Action("save", "Save", "File", "Save the project.", lambda w: w.save(), shortcut="Ctrl+S", toolbar=True),
    Action("save_as", "Save as…", "File", "Save under another name.", lambda w: w.save_as(), shortcut="Ctrl+Shift+S"),
    Action("open_run", "Open run…", "File", "Watch a run, live or over.", lambda w: w.open_run_dialog(), separate=True),
    Action("export", "Export code…", "File", "Write the model as one Python file.", lambda w: w.export_code(),
           lambda s: not s.inferred.blocking, "Ctrl+E"),
    Action("quit", "Quit", "File", "Close the window. A run goes on.", lambda w: w.close(), shortcut="Ctrl+Q", separate=True),
    Action("undo", "Undo", "Edit", "Take the last step back.", lambda w: w.session.undo(),
           lambda s: s.document.can_undo, "Ctrl+Z", toolbar=True),
    Action("redo", "Redo", "Edit", "Make the step again.", lambda w: w.session.redo(),
           lambda s: s.document.can_redo, "Ctrl+Shift+Z", toolbar=True),
    Action("cut", "Cut", "Edit", "Copy the selected nodes and remove them.", lambda w: w.cut(),
           lambda s: bool(s.selection), "Ctrl+X", separate=True),
    Action("copy", "Copy", "Edit", "Copy the selected nodes with the wires between them.", lambda w: w.copy(),
           lambda s: bool(s.selection), "Ctrl+C"),
    Action("paste", "Paste", "Edit", "Put copied nodes onto the canvas.", lambda w: w.paste(), shortcut="Ctrl+V"),
    Action("duplicate", "Duplicate", "Edit", "Copy and paste at once.", lambda w: w.duplicate(),
           lambda s: bool(s.selection), "Ctrl+D"),
    Action("delete", "Delete", "Edit", "Remove the selected nodes and wires.", lambda w: w.canvas.delete_selection(),
           shortcut="Del"),
    Action("select_all", "Select all", "Edit", "Select every node.",
           lambda w: w.session.select([n.id for n in w.session.project.graph.inside(w.session.scope)]),
           shortcut="Ctrl+A", separate=True),
    Action("make_block", "Make block", "Edit", "Put the selected nodes into a block.", lambda w: w.session.make_block(),
           lambda s: bool(s.selection), "Ctrl+G", separate=True),
    Action("dissolve_block", "Dissolve block", "Edit", "Put the content of a block where the block is.",
           lambda w: w.session.dissolve_block(), _is_block, "Ctrl+Shift+G"),
    Action("copy_linked", "Copy block, linked", "Edit", "Copy a block so that an edit inside of one happens in both.",
           lambda w: copy_linked(w.session), _is_block, "Alt+D"),
    Action("open_block", "Open block", "View", "Look into the selected block.",
           lambda w: w.session.enter(w.session.selection[0]), _is_block, "Ctrl+Down"),
    Action("leave_block", "Leave block", "View", "Go back to where the block lies.", lambda w: w.session.leave(),
           lambda s: bool(s.scope), "Ctrl+Up"),
    Action("add", "Add layer…", "Edit", "Search for a layer and add it.", lambda w: w.add_layer(), shortcut="Ctrl+Space"),
    Action("fit", "Zoom to fit", "View", "Show the whole graph.", lambda w: w.canvas.fit(), shortcut="F", toolbar=True),
    Action("arrange", "Arrange", "Edit", "Lay out the selected nodes, or all, along their wires.",
           lambda w: w.canvas.arrange(), lambda s: bool(s.project.graph.nodes), "Ctrl+L", toolbar=True),
    Action("zoom_100", "Zoom to 100 %", "View", "Show the graph at its own size.", lambda w: w.canvas.set_zoom(1.0),
           shortcut="Ctrl+0"),
    Action("theme", "Theme", "View", "Switch between the light and the dark theme.", lambda w: w.toggle_theme(),
           shortcut="Ctrl+Shift+L", toolbar=True, separate=True),
    Action("train", "Train", "Run", "Train this model.", lambda w: w.session.train(),
           lambda s: not s.inferred.blocking and not s.is_running, "F5", toolbar=True),
    Action("pause", "Pause or go on", "Run", "Let the run wait, or go on.", lambda w: w.toggle_pause(),
           _state("running", "paused"), "F6"),
    Action("stop", "Stop", "Run", "End the run with a checkpoint.", lambda w: w.session.stop(),
           _state(*LIVE), "Shift+F5"),
    Action("go_on", "Resume from checkpoint", "Run", "Let an ended run go on.", lambda w: w.session.resume_run(),
           _state("lost", "failed", "stopped")),
    Action("about", "About NetLab", "Help", "Version and licence.", lambda w: w.about()),
)  # fmt: skip
