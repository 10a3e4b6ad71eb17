"""The docks around the canvas. What stands behind another at the start is made when it is first seen or asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from netlab.app import recent
from netlab.app.exporting import ask_log
from netlab.app.inspector import Inspector
from netlab.app.palette import Palette
from netlab.app.training.panel import TrainingPanel
from netlab.app.views.panel import ViewsPanel
from netlab.language import mark, tr

if TYPE_CHECKING:
    from netlab.app.code_panel import CodePanel
    from netlab.app.data.panel import DataPanel
    from netlab.app.history_panel import HistoryPanel
    from netlab.app.problems import ProblemsPanel
    from netlab.app.runs.panel import RunsPanel
    from netlab.app.sweeps.panel import SweepsPanel
    from netlab.app.window import MainWindow

Area = Qt.DockWidgetArea
WIDTH = 240


class Dock(QDockWidget):
    """A dock whose content is made when it is first seen, so that the window is there at once.

    Its English title is the name by which it is found and by which its place is remembered.
    """

    def __init__(self, title: str, make: Callable[[], QWidget], window: QMainWindow) -> None:
        super().__init__(tr(title), window)
        self.setObjectName(title)
        self._make = make
        self.visibilityChanged.connect(self._seen)

    @property
    def is_made(self) -> bool:
        """Whether there is a content yet."""
        return super().widget() is not None

    def widget(self) -> QWidget:
        """The content, made now if nobody has seen it yet."""
        if not self.is_made:
            made = self._make()
            made.setMinimumWidth(min(made.minimumSizeHint().width(), WIDTH))  # else the widest bars the window
            self.setWidget(made)
        return super().widget()

    def _seen(self, visible: bool) -> None:
        if visible:
            self.widget()


def build(window: MainWindow) -> None:
    """Put the docks of the window where they stand at the start."""
    left, right, bottom = Area.LeftDockWidgetArea, Area.RightDockWidgetArea, Area.BottomDockWidgetArea
    session = window.session
    window.setCorner(Qt.Corner.BottomLeftCorner, left)
    window.setCorner(Qt.Corner.BottomRightCorner, bottom)
    _add(window, mark("Layers"), lambda: _palette(window), left)
    _add(window, mark("Inspector"), lambda: Inspector(session), right)
    _add(window, mark("Code"), lambda: _code(window), right, "Inspector")
    _add(window, mark("Problems"), lambda: _problems(window), right, "Inspector")
    _add(window, mark("History"), lambda: _history(window), right, "Inspector")
    _add(window, mark("Training"), lambda: _training(window), bottom)
    _add(window, mark("Runs"), lambda: _runs(window), bottom, "Training")
    _add(window, mark("Sweeps"), lambda: _sweeps(window), bottom, "Training")
    _add(window, mark("Data"), lambda: _data(window), bottom, "Training")
    _add(window, mark("Views"), lambda: ViewsPanel(session), bottom)
    docks = window.docks
    for title in docks.keys() - {"Layers", "Views"}:  # their tabs say the title already
        docks[title].setTitleBarWidget(QWidget(docks[title]))
    for title in ("Inspector", "Training"):
        docks[title].raise_()
    for title in ("Layers", "Inspector", "Training", "Views"):
        docks[title].widget()
    window.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    window.resizeDocks([docks["Layers"], docks["Inspector"]], [210, 320], Qt.Orientation.Horizontal)
    window.resizeDocks([docks["Training"], docks["Views"]], [680, 530], Qt.Orientation.Horizontal)
    window.resizeDocks([docks["Training"]], [310], Qt.Orientation.Vertical)
    hide_stray_tabs(window)


def keep_layout(window: MainWindow) -> None:
    """Remember size and docks of the window."""
    recent.settings().setValue("geometry", window.saveGeometry())
    recent.settings().setValue("docks", window.saveState())


def restore_layout(window: MainWindow) -> None:
    """Put size and docks where they were."""
    kept = recent.settings()
    geometry, state = kept.value("geometry"), kept.value("docks")
    if geometry is not None and state is not None:
        window.restoreGeometry(geometry)  # type: ignore[arg-type]
        window.restoreState(state)  # type: ignore[arg-type]
        hide_stray_tabs(window)


def _add(
    window: MainWindow, title: str, make: Callable[[], QWidget], area: Qt.DockWidgetArea, beside: str = ""
) -> None:
    dock = window.docks[title] = Dock(title, make, window)
    window.addDockWidget(area, dock)
    if beside:
        window.tabifyDockWidget(window.docks[beside], dock)


def hide_stray_tabs(window: QMainWindow) -> None:
    """Hide rows of tabs that stand where no dock is.

    Qt 6.11 makes two rows for a second group of docks and forgets one, and forgets all of them when it restores a
    layout. The row that a dock is in is the newest with its title.
    """
    claimed: set[str] = set()
    for bar in reversed(window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)):
        titles = {bar.tabText(i) for i in range(bar.count())}
        if titles & claimed:
            bar.hide()
        claimed |= titles


# --- what is in them


def _palette(window: MainWindow) -> Palette:
    made = Palette()
    made.add_requested.connect(window.canvas.add_layer)
    return made


def _training(window: MainWindow) -> TrainingPanel:
    made = TrainingPanel(window.session)
    made.go_to.connect(lambda node: window.canvas.centre_on([node]))
    return made


def _code(window: MainWindow) -> CodePanel:
    from netlab.app.code_panel import CodePanel

    return CodePanel(window.session)


def _problems(window: MainWindow) -> ProblemsPanel:
    from netlab.app.problems import ProblemsPanel

    made = ProblemsPanel(window.session)
    made.go_to.connect(lambda node: window.canvas.centre_on([node]))
    return made


def _history(window: MainWindow) -> HistoryPanel:
    from netlab.app.history_panel import HistoryPanel

    return HistoryPanel(window.session)


def _runs(window: MainWindow) -> RunsPanel:
    from netlab.app.runs.panel import RunsPanel

    made = RunsPanel(window.session)
    made.open_requested.connect(window.open_run_project)
    made.log_requested.connect(partial(ask_log, window))
    return made


def _sweeps(window: MainWindow) -> SweepsPanel:
    from netlab.app.sweeps.panel import SweepsPanel

    made = SweepsPanel(window.session)
    made.open_requested.connect(window.open_run_project)
    return made


def _data(window: MainWindow) -> DataPanel:
    from netlab.app.data.panel import DataPanel

    return DataPanel(window.session)
