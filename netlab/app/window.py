"""The main window: puts the panels together and carries out the actions."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QDockWidget,
    QFileDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QTabWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from netlab.app import clipboard, recent
from netlab.app.actions import ACTIONS
from netlab.app.banner import Banner
from netlab.app.breadcrumb import Breadcrumb
from netlab.app.canvas.view import CanvasView
from netlab.app.code_panel import CodePanel
from netlab.app.exporting import FORMATS, Exporter
from netlab.app.inspector import Inspector
from netlab.app.layer_help import amount
from netlab.app.palette import Palette
from netlab.app.problems import ProblemsPanel
from netlab.app.runs.panel import RunsPanel
from netlab.app.session import Session
from netlab.app.theme import set_theme, theme
from netlab.app.training.panel import TrainingPanel
from netlab.app.views.panel import ViewsPanel
from netlab.compiler.standalone import standalone
from netlab.document.examples import examples
from netlab.document.file import write_atomically
from netlab.document.home import VERSION, journals
from netlab.document.journal import pending

FILTER = "NetLab projects (*.netlab)"
Area = Qt.DockWidgetArea


class MainWindow(QMainWindow):
    """The one window. Its docks are found by name in `docks`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.setParent(self)
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.docks: dict[str, QDockWidget] = {}
        self.actions_: dict[str, QAction] = {}
        self._build_centre()
        self._build_docks()
        self._build_actions()
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

    def _build_docks(self) -> None:
        self.palette_ = Palette()
        self.palette_.add_requested.connect(self.canvas.add_layer)
        self.problems = ProblemsPanel(self.session)
        training = TrainingPanel(self.session)
        for panel in (self.problems, training):
            panel.go_to.connect(lambda node: self.canvas.centre_on([node]))
        self._dock("Layers", self.palette_, Area.LeftDockWidgetArea)
        self._dock("Inspector", Inspector(self.session), Area.RightDockWidgetArea)
        self._dock("Code", CodePanel(self.session), Area.RightDockWidgetArea, beside="Inspector")
        self._dock("Problems", self.problems, Area.RightDockWidgetArea, beside="Inspector")
        self._dock("Training", training, Area.BottomDockWidgetArea)
        self._dock("Views", ViewsPanel(self.session), Area.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Area.BottomDockWidgetArea)
        self.runs = RunsPanel(self.session)
        self._dock("Runs", self.runs, Area.BottomDockWidgetArea, beside="Training")
        for title in ("Inspector", "Code", "Problems", "Training", "Runs"):  # their tabs say the title already
            self.docks[title].setTitleBarWidget(QWidget(self.docks[title]))
        for title in ("Inspector", "Training"):
            self.docks[title].raise_()
        self.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.resizeDocks([self.docks["Layers"], self.docks["Inspector"]], [210, 320], Qt.Orientation.Horizontal)
        self.resizeDocks([self.docks["Training"], self.docks["Views"]], [680, 530], Qt.Orientation.Horizontal)
        self.resizeDocks([self.docks["Training"]], [310], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea, beside: str = "") -> None:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(widget)
        self.docks[title] = dock
        self.addDockWidget(area, dock)
        if beside:
            self.tabifyDockWidget(self.docks[beside], dock)

    def _build_actions(self) -> None:
        menus: dict[str, QMenu] = {}
        bar = QToolBar("Main")
        bar.setObjectName("Main toolbar")
        bar.setMovable(False)
        for record in ACTIONS:
            action = QAction(record.text, self)
            action.setToolTip(record.tooltip())
            action.setStatusTip(record.help)
            if record.shortcut:
                action.setShortcut(QKeySequence(record.shortcut))
                action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.triggered.connect(lambda _=False, record=record: record.run(self))
            menu = menus.get(record.menu)
            if menu is None:
                menu = menus[record.menu] = self.menuBar().addMenu(record.menu)
            if record.separate:
                menu.addSeparator()
            menu.addAction(action)
            if record.toolbar:
                bar.addAction(action)
            self.actions_[record.id] = action
        self._build_submenus(menus)
        button = bar.widgetForAction(self.actions_["train"])
        if isinstance(button, QToolButton):
            button.setProperty("primary", True)
        self.addToolBar(bar)

    def _build_submenus(self, menus: dict[str, QMenu]) -> None:
        before = self.actions_["save"]
        self.examples_menu = QMenu("New from example", self)
        for key, path in examples().items():
            action = self.examples_menu.addAction(key.replace("_", " "))
            action.triggered.connect(lambda _=False, path=path: self._if_saved(lambda: self.session.open_copy(path)))
        menus["File"].insertMenu(self.actions_["open"], self.examples_menu)
        self.exporter = Exporter(self.session, self)
        more = QMenu("Export model", self)
        for key, (title, _, _) in FORMATS.items():
            more.addAction(f"{title}…").triggered.connect(lambda _=False, key=key: self.export_model(key))
        menus["File"].insertMenu(self.actions_["quit"], more)
        self.recent_menu = QMenu("Open recent", self)
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        menus["File"].insertMenu(before, self.recent_menu)
        menus["View"].addSeparator()
        for dock in self.docks.values():
            menus["View"].addAction(dock.toggleViewAction())

    def _build_status(self) -> None:
        self.facts = QLabel("")
        self.statusBar().addPermanentWidget(self.facts)

    # --- showing

    def _refresh(self) -> None:
        for record in ACTIONS:
            self.actions_[record.id].setEnabled(record.enabled(self.session))
        document = self.session.document
        self.actions_["undo"].setText(f"Undo {document.undo_label}".strip())
        self.actions_["redo"].setText(f"Redo {document.redo_label}".strip())
        self.actions_["undo"].setIconText("Undo")
        self.actions_["redo"].setIconText("Redo")
        inferred = self.session.inferred
        count = len(inferred.problems)
        problems = "no problems" if not count else f"{count} problem{'s' if count > 1 else ''}"
        cost = self.session.forecast
        parts = [f"{len(self.session.project.graph.nodes)} nodes", f"{inferred.parameters():,} parameters"]
        if cost.flops:
            parts += [f"{amount(cost.flops, 'FLOP')} a step", f"{amount(cost.peak, 'B')} while training"]
        self.facts.setText("    ".join([*parts, problems]))
        self.docks["Problems"].setWindowTitle(f"Problems ({count})" if count else "Problems")

    def _follow_run(self, run: object) -> None:
        if self.session.run is not None:
            self.session.run.status_changed.connect(lambda _: self._refresh())

    def _show_title(self) -> None:
        path = self.session.document.path
        mark = "● " if self.session.document.is_dirty else ""
        place = f" – {path.name}" if path is not None else ""
        self.setWindowTitle(f"{mark}{self.session.project.title}{place} – NetLab")
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

    def _if_saved(self, action: object) -> None:
        """Do something that replaces the document, once the user has said what becomes of the changes."""
        if self._may_leave():
            action()  # type: ignore[operator]

    def _may_leave(self) -> bool:
        if not self.session.document.is_dirty:
            return True
        box = QMessageBox(self)
        box.setWindowTitle("NetLab")
        box.setText(f"Save the changes to “{self.session.project.title}”?")
        kinds = QMessageBox.StandardButton
        box.setStandardButtons(kinds.Save | kinds.Discard | kinds.Cancel)
        answer = box.exec()
        return answer == kinds.Discard or (answer == kinds.Save and self.save())

    def new(self) -> None:
        """Start an empty project."""
        self._if_saved(self.session.new)

    def open_path(self, path: Path) -> None:
        """Open a project file and remember it."""

        def go() -> None:
            if self.session.open(path):
                recent.remember(path)

        self._if_saved(go)

    def open_dialog(self) -> None:
        """Ask for a project file."""
        name, _ = QFileDialog.getOpenFileName(self, "Open project", "", FILTER)
        if name:
            self.open_path(Path(name))

    def save(self) -> bool:
        """Save where it came from, or ask."""
        return self.session.save() if self.session.document.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a name and save there."""
        name, _ = QFileDialog.getSaveFileName(self, "Save project", f"{self.session.project.title}.netlab", FILTER)
        if not name:
            return False
        path = Path(name) if name.endswith(".netlab") else Path(name + ".netlab")
        done = self.session.save(path)
        if done:
            recent.remember(path)
        return done

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        for path in recent.recent():
            self.recent_menu.addAction(str(path), lambda path=path: self.open_path(path))
        if self.recent_menu.isEmpty():
            self.recent_menu.addAction("No files yet").setEnabled(False)

    def open_run_dialog(self) -> None:
        """Ask for a run folder and watch it."""
        name = QFileDialog.getExistingDirectory(self, "Open run", str(self.session.runs_folder()))
        if name:
            self.session.attach(Path(name))

    def export_code(self) -> None:
        """Write the standalone source."""
        name, _ = QFileDialog.getSaveFileName(self, "Export code", "model.py", "Python (*.py)")
        if name:
            write_atomically(Path(name), standalone(self.session.project, self.session.inferred).encode())
            self.session.message.emit(f"Wrote {name}.", "info")

    def export_model(self, format: str) -> None:
        """Ask for a place and export there, in the background."""
        _, kinds, ending = FORMATS[format]
        if ending:
            name, _ = QFileDialog.getSaveFileName(self, "Export model", f"model{ending}", kinds)
        else:
            name = QFileDialog.getExistingDirectory(self, "Export into folder")
        if name:
            self.exporter.start(format, Path(name))

    def cut(self) -> None:
        """Copy, then remove."""
        clipboard.copy(self.session)
        self.canvas.delete_selection()

    def copy(self) -> None:
        """Copy the selected nodes."""
        clipboard.copy(self.session)

    def paste(self) -> None:
        """Paste nodes."""
        clipboard.paste(self.session)

    def duplicate(self) -> None:
        """Copy and paste without the clipboard."""
        clipboard.add(self.session, clipboard.piece_of(self.session), "Duplicate")

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
        QMessageBox.about(self, "NetLab", f"NetLab {VERSION}\nA sandbox for neural networks. MIT licence.")

    # --- coming and going

    def offer_recovery(self) -> None:
        """Ask whether changes that a crash left behind are wanted."""
        own = self.session.document.journal
        found = [r for r in pending(journals()) if r.count and (own is None or r.journal != own.path)]
        if not found:
            return
        recovery = max(found, key=lambda r: r.since)
        since = time.strftime("%H:%M", time.localtime(recovery.since))
        text = f"Restore {recovery.count} changes to “{recovery.title}” since {since}?"
        answers = {
            "Restore": lambda: self.session.restore(recovery),
            "Discard": lambda: recovery.journal.unlink(missing_ok=True),
        }
        self.banner.ask(text, answers)

    def restore_layout(self) -> None:
        """Put size and docks where they were."""
        kept = recent.settings()
        geometry, state = kept.value("geometry"), kept.value("docks")
        if geometry is not None and state is not None:
            self.restoreGeometry(geometry)  # type: ignore[arg-type]
            self.restoreState(state)  # type: ignore[arg-type]

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_leave():
            event.ignore()
            return
        recent.settings().setValue("geometry", self.saveGeometry())
        recent.settings().setValue("docks", self.saveState())
        self.exporter.shutdown()
        self.session.close()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.toLocalFile().endswith(".netlab") for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        names = [url.toLocalFile() for url in event.mimeData().urls() if url.toLocalFile().endswith(".netlab")]
        if names:
            self.open_path(Path(names[0]))
