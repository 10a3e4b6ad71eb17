"""Start the window: handlers for the worst first, then the application, then the engine in the background."""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QLibraryInfo,
    QMessageLogContext,
    Qt,
    QTimer,
    QtMsgType,
    QTranslator,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from netlab.app import docks, recent, restarting
from netlab.app.canvas import accessible
from netlab.app.preferences import TRANSLATIONS, scale_interface, wanted_language
from netlab.app.session import Session
from netlab.app.theme import set_theme
from netlab.app.window import MainWindow
from netlab.document.home import home, part_of_home
from netlab.language import ENGLISH, hand_on, use

logger = logging.getLogger(__name__)


def main(path: str | None, *, theme: str | None = None) -> int:
    """Open the window and run until it is closed."""
    keep_reports()
    scale_interface()
    app = application()
    speak(wanted_language())
    window = make_window(path, theme or wanted_theme(app))
    docks.restore_layout(window)
    window.show()
    restarting.take_up(window)
    window.offer_recovery()
    QTimer.singleShot(0, window.session.jobs.warm_up)
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    status = app.exec()
    if sys.platform.startswith("linux") and QApplication.clipboard().ownsClipboard():
        QApplication.clipboard().clear()  # it ends with us here anyway, and must not outlive Python
    return status


def application() -> QApplication:
    """The application object, made once."""
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("NetLab")
    accessible.install()
    app.setStyle("Fusion")
    return app


def speak(code: str) -> None:
    """Use a language, also for what Qt says in its dialogs and what processes of the window say; comes before it."""
    own_words = part_of_home(TRANSLATIONS)
    use(code, own_words)
    hand_on(own_words)
    app = application()
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    if code != ENGLISH:
        own = QTranslator(app)
        if own.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            app.installTranslator(own)


def wanted_theme(app: QApplication) -> str:
    """What the user chose, or what the system has."""
    kept = recent.settings().value("theme")
    if kept in ("light", "dark"):
        return str(kept)
    return "dark" if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"


def make_window(
    path: str | Path | None,
    theme: str = "light",
    size: tuple[int, int] = (1440, 900),
    keep_journal: bool = True,
) -> MainWindow:
    """The main window with a project in it, not yet shown."""
    application()
    set_theme(theme)
    window = MainWindow(Session(keep_journal))
    window.resize(*size)
    if path is not None and window.session.open(path):
        recent.remember(Path(path))
    return window


def quiet_platform() -> None:
    """What Qt says goes to standard error, without what the platform plugins say about themselves."""

    def message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and "This plugin does not support" not in text:
            print(f"Qt: {text}", file=sys.stderr)

    qInstallMessageHandler(message)


def keep_reports() -> None:
    """Every crash leaves a report on this disk, and none leaves this machine."""
    folder = home() / "crash"
    folder.mkdir(parents=True, exist_ok=True)
    report = open(folder / "last.log", "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open as long as we live
    faulthandler.enable(report)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        report.write("".join(traceback.format_exception(kind, error, trace)))
        sys.__excepthook__(kind, error, trace)

    def message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and "This plugin does not support" not in text:
            report.write(f"Qt: {text}\n")
            logger.info("Qt: %s", text)

    sys.excepthook = hook
    threading.excepthook = lambda told: hook(told.exc_type, told.exc_value or SystemExit(), told.exc_traceback)
    qInstallMessageHandler(message)
