"""Menus, toolbar and shortcuts of the window, built from the list of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from netlab.app import recent, shortcuts
from netlab.app.actions import ACTIONS
from netlab.app.exporting import FORMATS
from netlab.document.examples import examples, said_by
from netlab.language import tr, tr_project

if TYPE_CHECKING:
    from netlab.app.window import MainWindow


def build(window: MainWindow) -> None:
    """Make the actions of the window, and put them where they belong."""
    menus: dict[str, QMenu] = {}
    bar = QToolBar(tr("Main"))
    bar.setObjectName("Main toolbar")
    bar.setMovable(False)
    for record in ACTIONS:
        action = QAction(tr(record.text), window)
        action.setStatusTip(tr(record.help))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _=False, record=record: record.run(window))
        menu = menus.get(record.menu)
        if menu is None:
            menu = menus[record.menu] = window.menuBar().addMenu(tr(record.menu))
        if record.separate:
            menu.addSeparator()
        menu.addAction(action)
        if record.toolbar:
            bar.addAction(action)
        window.actions_[record.id] = action
    use_shortcuts(window)
    _add_submenus(window, menus)
    button = bar.widgetForAction(window.actions_["train"])
    if isinstance(button, QToolButton):
        button.setProperty("primary", True)
    window.addToolBar(bar)


def use_shortcuts(window: MainWindow) -> None:
    """Give every action the keys that are in force."""
    for record in ACTIONS:
        keys = shortcuts.keys_of(record.id)
        window.actions_[record.id].setShortcut(QKeySequence(keys))
        window.actions_[record.id].setToolTip(record.tooltip(keys))


def _add_submenus(window: MainWindow, menus: dict[str, QMenu]) -> None:
    before = window.actions_["save"]
    window.examples_menu = QMenu(tr("New from example"), window)
    window.examples_menu.setToolTipsVisible(True)
    window.examples_menu.aboutToShow.connect(lambda: _fill_examples(window))
    menus["File"].insertMenu(window.actions_["open"], window.examples_menu)
    more = QMenu(tr("Export model"), window)
    for key, (title, _, _) in FORMATS.items():
        more.addAction(f"{tr(title)}…").triggered.connect(lambda _=False, key=key: window.export_model(key))
    menus["File"].insertMenu(window.actions_["quit"], more)
    window.recent_menu = QMenu(tr("Open recent"), window)
    window.recent_menu.aboutToShow.connect(lambda: _fill_recent(window))
    menus["File"].insertMenu(before, window.recent_menu)
    menus["View"].addSeparator()
    for dock in window.docks.values():
        menus["View"].addAction(dock.toggleViewAction())


def _fill_examples(window: MainWindow) -> None:
    menu = window.examples_menu
    menu.clear()
    for path in examples().values():
        said = said_by(path)
        action = menu.addAction(tr_project(said.title), lambda path=path: window.open_example(path))
        action.setToolTip(tr_project(said.about))


def _fill_recent(window: MainWindow) -> None:
    menu = window.recent_menu
    menu.clear()
    for path in recent.recent():
        menu.addAction(str(path), lambda path=path: window.open_path(path))
    if menu.isEmpty():
        menu.addAction(tr("No files yet")).setEnabled(False)
