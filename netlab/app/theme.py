"""Every colour, font size and distance of the window, in a light and a dark set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from netlab.language import mark


@dataclass(frozen=True)
class Theme:
    """One set of colours, as ``#rrggbb``."""

    name: str
    window: str
    surface: str
    raised: str
    canvas: str
    grid: str
    border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    selection: str
    wire: str
    error: str
    warning: str
    good: str
    train: str
    validation: str
    hover: str
    glow: str


LIGHT = Theme(
    "light", window="#f4f5f7", surface="#ffffff", raised="#ffffff", canvas="#eef0f4", grid="#d5d9e0",
    border="#d4d8df", text="#1d222b", muted="#5d6675", accent="#2f6fde", accent_text="#ffffff", selection="#dbe7fd",
    wire="#7f8a9b", error="#c8322b", warning="#9a6400", good="#1c7f4a", train="#2f6fde", validation="#d0660c",
    hover="#e8ebf0", glow="#ff9416",
)  # fmt: skip
DARK = Theme(
    "dark", window="#1b1e24", surface="#23272f", raised="#2b303a", canvas="#16191e", grid="#2a2f38",
    border="#3a404c", text="#e7eaf0", muted="#9aa4b4", accent="#5b93f5", accent_text="#0d1420", selection="#2c4470",
    wire="#78849a", error="#ff6b63", warning="#f0b44c", good="#4fc98a", train="#5b93f5", validation="#f39a4a",
    hover="#323845", glow="#ffa733",
)  # fmt: skip

# Okabe and Ito's colours that stay apart for colour-blind eyes, by layer category.
CATEGORY = {
    "Data": "#5d6b82",
    "Basic": "#0072b2",
    "Activation": "#d08700",
    "Convolution": "#009e73",
    "Pooling": "#3c8d6d",
    "Normalisation": "#6a7fb5",
    "Regularisation": "#8a78b0",
    "Recurrent": "#a0509a",
    "Attention": "#d55e00",
    "Transformer": "#b5532a",
    "Sequence": "#2c93c9",
    "Merge": "#77808c",
    "Shape": "#8b7355",
    "Loss": "#b3385a",
    "Library": "#0072b2",
}
# Things side by side, such as runs: likewise Okabe and Ito's, in the order in which they stay apart best.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#8a78b0", "#77808c")
UNKNOWN_CATEGORY = "#8a8f98"

# The same eight colours of Okabe and Ito for what flows along a wire, darker or lighter with the canvas.
WIRES = {
    "light": {
        "feature": "#0072b2", "sequence": "#2c93c9", "image": "#00855f", "tokens": "#b87a00", "mask": "#7f8a9b",
        "target": "#b0558a", "memory": "#6f56c9", "loss": "#c24e00", "": "#7f8a9b",
    },
    "dark": {
        "feature": "#4a9ee0", "sequence": "#67c1f0", "image": "#2fbf92", "tokens": "#e6a52e", "mask": "#8f9aad",
        "target": "#d98bb8", "memory": "#a892f0", "loss": "#f0793a", "": "#78849a",
    },
}  # fmt: skip
FRAME = {
    mark("blue"): "#0072b2",
    mark("green"): "#009e73",
    mark("orange"): "#d08700",
    mark("red"): "#c44a3a",
    mark("purple"): "#a0509a",
    mark("grey"): "#77808c",
}
ICONS = (Path(__file__).resolve().parent.parent / "resources" / "icons").as_posix()
SPACE = 8
RADIUS = 8


class _Themes(QObject):
    """Holds the present theme and tells when it changes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.current = LIGHT


themes = _Themes()


def theme() -> Theme:
    """The present theme."""
    return themes.current


def color(name: str, alpha: int = 255) -> QColor:
    """A colour of the present theme by its name, or any ``#rrggbb``."""
    found = QColor(name if name.startswith("#") else getattr(themes.current, name))
    found.setAlpha(alpha)
    return found


def category_color(category: str) -> QColor:
    """The colour of a category of layers; grey for one that is not known."""
    return QColor(CATEGORY.get(category, UNKNOWN_CATEGORY))


def wire_color(kind: str) -> QColor:
    """The colour of a kind of wire in the present theme."""
    known = WIRES[themes.current.name]
    return QColor(known.get(kind, known[""]))


def series(index: int) -> QColor:
    """The colour of the thing number `index` among those that are compared; they come round again."""
    found = QColor(SERIES[index % len(SERIES)])
    return found.lighter(135) if themes.current is DARK else found


def set_theme(name: str) -> None:
    """Switch the whole application to ``light`` or ``dark``."""
    themes.current = DARK if name == "dark" else LIGHT
    application = QApplication.instance()
    if isinstance(application, QApplication):
        application.setPalette(_palette(themes.current))
        application.setStyleSheet(stylesheet(themes.current))
    themes.changed.emit()


def monospace(points: float = 10.0) -> QFont:
    """The font for code and numbers."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(points)
    return font


def _palette(t: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: t.window, role.WindowText: t.text, role.Base: t.surface, role.AlternateBase: t.window,
        role.Text: t.text, role.Button: t.surface, role.ButtonText: t.text, role.Highlight: t.accent,
        role.HighlightedText: t.accent_text, role.ToolTipBase: t.raised, role.ToolTipText: t.text,
        role.PlaceholderText: t.muted, role.Link: t.accent,
    }  # fmt: skip
    for which, value in pairs.items():
        palette.setColor(which, QColor(value))
    for which in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(t.muted))
    return palette


def stylesheet(t: Theme) -> str:
    """The style of all standard widgets."""
    return _frame_style(t) + _input_style(t) + _list_style(t)


def _frame_style(t: Theme) -> str:
    return f"""
    QMainWindow, QDialog {{ background: {t.window}; }}
    QMainWindow::separator {{ background: {t.window}; width: 5px; height: 5px; }}
    QMainWindow::separator:hover {{ background: {t.accent}; }}
    QDockWidget {{ color: {t.text}; font-weight: 600; }}
    QDockWidget::title {{ background: {t.window}; padding: 6px 10px; }}
    QMenuBar {{ background: {t.window}; padding: 2px 4px; }}
    QMenuBar::item {{ padding: 4px 9px; border-radius: 5px; background: transparent; }}
    QMenuBar::item:selected {{ background: {t.hover}; }}
    QMenu {{ background: {t.raised}; border: 1px solid {t.border}; padding: 5px; }}
    QMenu::item {{ padding: 5px 26px 5px 22px; border-radius: 5px; }}
    QMenu::item:selected {{ background: {t.selection}; color: {t.text}; }}
    QMenu::item:disabled {{ color: {t.muted}; }}
    QMenu::separator {{ height: 1px; background: {t.border}; margin: 5px 8px; }}
    QToolBar {{ background: {t.window}; border: none; border-bottom: 1px solid {t.border}; padding: 4px 8px; spacing: 4px; }}
    QToolBar QToolButton {{ padding: 5px 9px; border-radius: 6px; border: 1px solid transparent; }}
    QToolBar QToolButton:hover {{ background: {t.hover}; }}
    QToolBar QToolButton:disabled {{ color: {t.muted}; }}
    QStatusBar {{ background: {t.window}; color: {t.muted}; border-top: 1px solid {t.border}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ color: {t.muted}; padding: 1px 6px; }}
    """


def _input_style(t: Theme) -> str:
    return f"""
    QLineEdit, QSpinBox, QDoubleSpinBox, QPlainTextEdit, QTextEdit, QComboBox {{
        background: {t.surface}; border: 1px solid {t.border}; border-radius: 6px; padding: 4px 7px; min-height: 18px;
        selection-background-color: {t.accent}; selection-color: {t.accent_text}; }}
    QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QPlainTextEdit:focus, QComboBox:focus {{
        border: 1px solid {t.accent}; }}
    QSpinBox QLineEdit {{ border: none; padding: 0; min-height: 0; background: transparent; }}
    QSpinBox::up-button, QSpinBox::down-button {{ width: 0; border: none; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow {{ image: url({ICONS}/chevron-{t.name}.svg); width: 12px; height: 12px; }}
    QCheckBox::indicator {{ width: 15px; height: 15px; border: 1px solid {t.muted}; border-radius: 4px;
        background: {t.surface}; }}
    QCheckBox::indicator:hover {{ border: 1px solid {t.accent}; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border: 1px solid {t.accent};
        image: url({ICONS}/check-{t.name}.svg); }}
    QLabel[code="true"] {{ background: {t.window}; border-radius: 6px; padding: 6px 8px; }}
    QLineEdit[wrong="true"] {{ border: 1px solid {t.error}; }}
    QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.border}; selection-background-color: {t.selection};
        selection-color: {t.text}; }}
    QPushButton {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: 6px; padding: 5px 12px; }}
    QPushButton:hover {{ background: {t.hover}; }}
    QPushButton:disabled {{ color: {t.muted}; }}
    QPushButton[primary="true"], QToolButton[primary="true"] {{ background: {t.accent}; color: {t.accent_text};
        border: 1px solid {t.accent}; font-weight: 600; }}
    QPushButton[primary="true"]:disabled, QToolButton[primary="true"]:disabled {{ background: {t.border}; color: {t.muted};
        border: 1px solid {t.border}; }}
    QToolButton {{ border: none; border-radius: 6px; padding: 4px 6px; }}
    QToolButton:hover {{ background: {t.hover}; }}
    QToolButton:checked {{ background: {t.selection}; }}
    """


def _list_style(t: Theme) -> str:
    return f"""
    QTreeWidget, QListWidget, QTableWidget, #history {{ background: {t.surface}; border: none; outline: none; }}
    QTableView {{ background: {t.surface}; border: none; outline: none; gridline-color: {t.hover};
        selection-background-color: {t.selection}; selection-color: {t.text}; }}
    QTableView QTableCornerButton::section {{ background: {t.surface}; border: none; border-bottom: 1px solid {t.border}; }}
    QHeaderView {{ background: {t.surface}; }}
    QHeaderView::section {{ background: {t.surface}; color: {t.muted}; border: none; border-bottom: 1px solid {t.border};
        padding: 4px 6px; }}
    QSplitter::handle {{ background: {t.border}; width: 1px; height: 1px; }}
    QTreeWidget::item, QListWidget::item, #history::item {{ padding: 3px 4px; border-radius: 5px; }}
    QTreeWidget::item:hover, QListWidget::item:hover, #history::item:hover {{ background: {t.hover}; }}
    QTreeWidget::item:selected, QListWidget::item:selected, #history::item:selected {{ background: {t.selection};
        color: {t.text}; }}
    QTreeWidget[table="true"]::item {{ border-radius: 0; }}
    QTabBar {{ qproperty-drawBase: 0; }}
    QTabBar::tab {{ background: transparent; padding: 6px 12px; color: {t.muted}; border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; }}
    QTabWidget::pane {{ border: none; }}
    QScrollArea {{ border: none; background: {t.surface}; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {t.border}; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 2px; }}
    QScrollBar::handle:hover {{ background: {t.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QProgressBar {{ background: {t.border}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QSlider::groove:horizontal {{ background: {t.border}; height: 4px; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; height: 4px; border-radius: 2px; }}
    QSlider::handle:horizontal {{ background: {t.accent}; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 5px; }}
    QLabel[muted="true"] {{ color: {t.muted}; }}
    QLabel[error="true"] {{ color: {t.error}; }}
    QLabel[heading="true"] {{ font-weight: 600; font-size: 15px; }}
    QFrame[panel="true"], QWidget[panel="true"] {{ background: {t.surface}; }}
    QFrame[raised="true"] {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 10px; }}
    QFrame[raised="true"] QListWidget, QFrame[raised="true"] QLabel {{ background: transparent; }}
    QFrame[card="true"] {{ background: {t.window}; border: 1px solid {t.border}; border-radius: 8px; }}
    QFrame[banner="true"] {{ background: {t.selection}; border-bottom: 1px solid {t.border}; }}
    """
