"""The main window: puts the panels together and carries out the actions."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from netlab.app import clipboard, consent, docks, menus, recent, shortcuts
from netlab.app.actions import ACTIONS
from netlab.app.banner import Banner
from netlab.app.breadcrumb import Breadcrumb
from netlab.app.canvas import editing
from netlab.app.canvas.view import CanvasView
from netlab.app.command_palette import CommandPalette
from netlab.app.dropping import drop_files
from netlab.app.exporting import FORMATS, Exporter
from netlab.app.frame_dialog import FrameDialog
from netlab.app.layer_help import amount
from netlab.app.pasting import CodePaster
from netlab.app.preferences_dialog import PreferencesDialog
from netlab.app.session import Session
from netlab.app.shortcuts_dialog import ShortcutsDialog
from netlab.app.theme import set_theme, theme
from netlab.document import edits
from netlab.document.home import VERSION, journals
from netlab.document.journal import pending
from netlab.language import mark, tr, tr_project

if TYPE_CHECKING:
    from netlab.app.data.panel import DataPanel
    from netlab.app.inspector import Inspector
    from netlab.app.palette import Palette
    from netlab.app.problems import ProblemsPanel
    from netlab.app.runs.panel import RunsPanel
    from netlab.app.sweeps.panel import SweepsPanel

FILTER = mark("NetLab projects (*.netlab)")


class MainWindow(QMainWindow):
    """The one window. Its docks are found by name in `docks`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.setParent(self)
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.docks: dict[str, docks.Dock] = {}
        self.actions_: dict[str, QAction] = {}
        self._build_centre()
        docks.build(self)
        self.exporter = Exporter(session, self)
        self.paster = CodePaster(session, self)
        self.examples_menu: QMenu
        self.recent_menu: QMenu
        menus.build(self)
        self.canvas.commands = self.actions_
        self.command_palette = CommandPalette(self)
        self._build_status()
        session.message.connect(self.banner.say)
        session.title_changed.connect(self._show_title)
        for signal in (session.inferred_changed, session.selection_changed, session.scope_changed, session.run_changed):
            signal.connect(lambda _: self._refresh())
        session.run_changed.connect(self._follow_run)
        self._show_title()
        self._refresh()

    # --- building

    def _build_centre(self) -> None:
        self.banner = Banner()
        self.canvas = CanvasView(self.session)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(Breadcrumb(self.session))
        layout.addWidget(self.canvas, 1)
        self.setCentralWidget(centre)
        self.canvas.edit_requested.connect(self.edit_options)
        self.canvas.frame_requested.connect(lambda frame: FrameDialog(self.session, frame, self).open())

    @property
    def palette_(self) -> Palette:
        """What there is to build with."""
        return cast("Palette", self.docks["Layers"].widget())

    @property
    def inspector(self) -> Inspector:
        """The options of what is selected."""
        return cast("Inspector", self.docks["Inspector"].widget())

    @property
    def problems(self) -> ProblemsPanel:
        """What is wrong with the project."""
        return cast("ProblemsPanel", self.docks["Problems"].widget())

    @property
    def runs(self) -> RunsPanel:
        """The runs beside the project."""
        return cast("RunsPanel", self.docks["Runs"].widget())

    @property
    def sweeps(self) -> SweepsPanel:
        """The sweeps beside the project."""
        return cast("SweepsPanel", self.docks["Sweeps"].widget())

    @property
    def data(self) -> DataPanel:
        """The data of the project."""
        return cast("DataPanel", self.docks["Data"].widget())

    def _build_status(self) -> None:
        self.facts = QLabel("")
        self.statusBar().addPermanentWidget(self.facts)

    # --- showing

    def _refresh(self) -> None:
        for record in ACTIONS:
            self.actions_[record.id].setEnabled(record.enabled(self.session))
        document = self.session.document
        self.actions_["undo"].setText(tr("Undo {step}", step=document.undo_label).strip())
        self.actions_["redo"].setText(tr("Redo {step}", step=document.redo_label).strip())
        self.actions_["undo"].setIconText(tr("Undo"))
        self.actions_["redo"].setIconText(tr("Redo"))
        count = len(self.session.inferred.problems)
        self.facts.setText("    ".join(self._facts(count)))
        self.docks["Problems"].setWindowTitle(tr("Problems ({count})", count=count) if count else tr("Problems"))

    def _facts(self, problems: int) -> list[str]:
        """What the status bar says of the project."""
        inferred, cost = self.session.inferred, self.session.forecast
        count = inferred.parameters()
        parts = [tr("{count} nodes", count=len(self.session.project.graph.nodes))]
        if inferred.untested:
            parts.append(tr("at least {count:,} parameters", count=count))
        else:
            parts.append(tr("{count:,} parameters", count=count))
        if cost.flops:
            parts.append(tr("{amount} a step", amount=amount(cost.flops, "FLOP")))
            parts.append(tr("{amount} while training", amount=amount(cost.peak, "B")))
        if problems > 1:
            return [*parts, tr("{count} problems", count=problems)]
        return [*parts, tr("1 problem") if problems else tr("no problems")]

    def go_to(self, node: str) -> None:
        """Select a node and bring it into sight, in whatever block it lies."""
        self.session.select([node])
        self.canvas.centre_on([node])

    def edit_options(self, node: str) -> None:
        """Put the keyboard into the options of a node."""
        self.session.select([node])
        self.show_view("Inspector")
        self.inspector.focus_options()

    def show_setting(self, name: str) -> None:
        """Put the keyboard into a training setting, which the inspector shows while nothing is selected."""
        self.session.select([])
        self.show_view("Inspector")
        self.inspector.focus_options(name)

    def show_preferences(self) -> None:
        """Ask what the person prefers."""
        PreferencesDialog(self).open()

    def show_shortcuts(self) -> None:
        """List the keys, to be changed."""
        ShortcutsDialog(self).open()

    def use_shortcuts(self) -> None:
        """Other keys were chosen."""
        menus.use_shortcuts(self)

    def _follow_run(self, run: object) -> None:
        if self.session.run is not None:
            self.session.run.status_changed.connect(lambda _: self._refresh())

    def _show_title(self) -> None:
        path = self.session.document.path
        mark = "● " if self.session.document.is_dirty else ""
        place = f" – {path.name}" if path is not None else ""
        self.setWindowTitle(f"{mark}{tr_project(self.session.project.title)}{place} – NetLab")
        self._refresh()

    def show_view(self, name: str) -> bool:
        """Bring a dock to the front by its name; False if there is none."""
        for title, dock in self.docks.items():
            if title.lower() == name.lower():
                dock.show()
                dock.raise_()
                return True
        return False

    # --- actions

    def if_saved(self, action: object) -> None:
        """Do something that replaces the document, once the user has said what becomes of the changes."""
        if self._may_leave():
            action()  # type: ignore[operator]

    def _may_leave(self) -> bool:
        if not self.session.document.is_dirty:
            return True
        box = QMessageBox(self)
        box.setWindowTitle("NetLab")
        box.setText(tr("Save the changes to “{title}”?", title=tr_project(self.session.project.title)))
        kinds = QMessageBox.StandardButton
        box.setStandardButtons(kinds.Save | kinds.Discard | kinds.Cancel)
        answer = box.exec()
        return answer == kinds.Discard or (answer == kinds.Save and self.save())

    def new(self) -> None:
        """Start an empty project."""
        self.if_saved(self.session.new)

    def open_path(self, path: Path) -> None:
        """Open a project file and remember it."""

        def go() -> None:
            if self.session.open(path):
                recent.remember(path)

        self.if_saved(go)

    def open_example(self, path: Path) -> None:
        """Open an example as a new project."""
        self.if_saved(lambda: self.session.open(path, as_copy=True))

    def open_dialog(self) -> None:
        """Ask for a project file."""
        name, _ = QFileDialog.getOpenFileName(self, tr("Open project"), "", tr(FILTER))
        if name:
            self.open_path(Path(name))

    def save(self) -> bool:
        """Save where it came from, or ask."""
        return self.session.save() if self.session.document.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a name and save there."""
        wanted = f"{tr_project(self.session.project.title)}.netlab"
        name, _ = QFileDialog.getSaveFileName(self, tr("Save project"), wanted, tr(FILTER))
        if not name:
            return False
        path = Path(name) if name.endswith(".netlab") else Path(name + ".netlab")
        done = self.session.save(path)
        if done:
            recent.remember(path)
        return done

    def open_run_project(self, run: Path) -> None:
        """Open the project of a run as a new one, and watch the run."""
        self.if_saved(lambda: self.runs.open_project(run))

    def open_run_dialog(self) -> None:
        """Ask for a run folder and watch it."""
        name = QFileDialog.getExistingDirectory(self, tr("Open run"), str(self.session.runs_folder()))
        if name:
            self.session.attach(Path(name))

    def export_model(self, format: str) -> None:
        """Ask for a place and export there, in the background."""
        if not consent.ask(self.session, self):
            return
        _, kinds, ending = FORMATS[format]
        if ending:
            name, _ = QFileDialog.getSaveFileName(self, tr("Export model"), f"model{ending}", tr(kinds))
        else:
            name = QFileDialog.getExistingDirectory(self, tr("Export into folder"))
        if name:
            self.exporter.start(format, Path(name))

    def cut(self) -> None:
        """Copy, then remove."""
        clipboard.copy(self.session)
        editing.delete_selection(self.canvas)

    def copy(self) -> None:
        """Copy the selected nodes."""
        clipboard.copy(self.session)

    def paste(self) -> None:
        """Paste nodes, or code as nodes."""
        self.paster.paste_any()

    def copy_code(self) -> None:
        """Copy the selected nodes as text."""
        clipboard.copy_code(self.session)

    def rename(self) -> None:
        """Ask for another name of the selected node."""
        node = self.session.project.graph.nodes[self.session.selection[0]]
        name, done = QInputDialog.getText(self, tr("Rename"), tr("Name:"), text=node.name)
        if done:
            self.session.apply(tr("Rename"), edits.rename, node.id, name)

    def duplicate(self) -> None:
        """Copy and paste without the clipboard."""
        clipboard.add(self.session, clipboard.piece_of(self.session), tr("Duplicate"))

    def add_layer(self) -> None:
        """Open the search box in the middle of the canvas."""
        self.canvas.open_quick_add(self.canvas.mapToScene(self.canvas.viewport().rect().center()))

    def toggle_theme(self) -> None:
        """Light to dark, dark to light; remembered."""
        set_theme("light" if theme().name == "dark" else "dark")
        recent.settings().setValue("theme", theme().name)

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        run = self.session.run
        paused = run is not None and run.status.get("state") == "paused"
        (self.session.resume if paused else self.session.pause)()

    def about(self) -> None:
        """Say what this is."""
        QMessageBox.about(self, "NetLab", f"NetLab {VERSION}\n" + tr("A sandbox for neural networks. MIT licence."))

    # --- coming and going

    def offer_recovery(self) -> None:
        """Ask whether changes that a crash left behind are wanted."""
        own = self.session.document.journal
        found = [r for r in pending(journals()) if r.count and (own is None or r.journal != own.path)]
        if not found:
            return
        recovery = max(found, key=lambda r: r.since)
        since = time.strftime("%H:%M", time.localtime(recovery.since))
        text = tr(
            "Restore {count} changes to “{title}” since {time}?",
            count=recovery.count, title=recovery.title, time=since,
        )  # fmt: skip
        answers = {
            tr("Restore"): lambda: self.session.restore(recovery),
            tr("Discard"): lambda: recovery.journal.unlink(missing_ok=True),
        }
        self.banner.ask(text, answers)

    def event(self, event: QEvent) -> bool:
        """Leave letters to lists that are searched by typing; they would be keys of actions otherwise."""
        if event.type() == QEvent.Type.ShortcutOverride and shortcuts.is_typed_into_a_list(self, event):
            event.accept()
            return True
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_leave():
            event.ignore()
            return
        docks.keep_layout(self)
        for dialog in filter(QDialog.isVisible, self.findChildren(QDialog)):
            dialog.reject()  # and what it waits for ends
        self.exporter.shutdown()
        self.paster.shutdown()
        if self.docks["Data"].is_made:
            self.data.shutdown()
        self.canvas.preview.shutdown()
        self.session.close()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            drop_files(self, paths)
