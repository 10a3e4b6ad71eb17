"""What a person prefers, kept between starts. Each preference is declared once, as an option."""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtCore import QLocale

from netlab.app import recent
from netlab.document.home import part_of_home
from netlab.language import languages, nearest
from netlab.options import Bool, Choice, OptionError, Options, Text

TRANSLATIONS = "translations"  # folder of the user's own languages, in the user's folder
SCALES = ("75 %", "100 %", "125 %", "150 %", "200 %")
_scale = "100 %"


class Preferences(Options):
    """How the window behaves for this person."""

    snap_to_grid = Bool(True, help="Nodes that are dragged come to rest on the grid.")
    snap_to_neighbours = Bool(True, help="Nodes that are dragged line up with others, and guide lines say so.")
    reduced_motion = Bool(False, help="Nothing glides: what moves is at once where it belongs.")
    language = Text("System", suggests="languages", help="Language of the window, from the next start on.")
    scale = Choice("100 %", choices=SCALES, label="Interface scale", help="Size of everything, from the next start on.")


def preferences() -> Preferences:
    """The preferences as they are now; what cannot be read counts as the default."""
    kept = recent.settings()
    values = {}
    for name, option in Preferences.options().items():
        stored: Any = kept.value(f"preferences/{name}")
        if isinstance(option, Bool) and isinstance(stored, str):
            stored = stored == "true"
        try:
            values[name] = option.check(stored) if stored is not None else option.default
        except OptionError:
            values[name] = option.default
    return Preferences(**values)


def set_preference(name: str, value: Any) -> None:
    """Keep a preference. Raises `OptionError` for a value outside its limits."""
    recent.settings().setValue(f"preferences/{name}", Preferences.options()[name].check(value))


def wanted_language() -> str:
    """The code of the language that the user chose, or the nearest to what the system speaks."""
    known = languages(part_of_home(TRANSLATIONS))
    chosen = preferences().language
    by_name = {name: code for code, name in known.items()}
    return by_name.get(chosen) or nearest(QLocale.system().uiLanguages(), known)


def scale_in_use() -> str:
    """The scale that the window was started with."""
    return _scale


def scale_interface() -> None:
    """Have Qt draw everything larger or smaller; has to come before the application object is made."""
    global _scale
    wanted = _scale = preferences().scale
    if wanted != "100 %":
        os.environ.setdefault("QT_SCALE_FACTOR", str(int(wanted.split()[0]) / 100))
