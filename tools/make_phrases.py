"""Make ``netlab/resources/data/phrases.json`` from Unicode's CLDR: ``python tools/make_phrases.py BABEL_FOLDER``.

Get it by ``pip install babel==2.18.0 --no-deps --target BABEL_FOLDER``. The file holds, for each language, the names of
months and days, the patterns of dates, and the words for lengths of time; what NetLab makes of it is compared with
what Babel makes, for many dates.
"""

from __future__ import annotations

import datetime
import json
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "netlab" / "resources" / "data" / "phrases.json"
LANGUAGES = {
    "de": "Deutsch", "en": "English", "es": "español", "fr": "français", "it": "italiano", "nl": "Nederlands",
    "pl": "polski", "pt": "português", "ru": "русский", "tr": "Türkçe", "zh": "中文", "ja": "日本語", "ko": "한국어",
}  # fmt: skip
UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
FORMATS = ("short", "medium", "long", "full")
LARGEST = 199


def main(folder: str) -> None:
    """Read CLDR by Babel, check that NetLab writes the same, and write the file."""
    sys.path[:0] = [folder, str(ROOT)]
    from babel import Locale

    told = {}
    for code, name in LANGUAGES.items():
        locale = Locale.parse(code)
        told[code] = {
            "name": name,
            "months": {width: _names(locale.months["format"][width]) for width in ("wide", "abbreviated")},
            "months_alone": {width: _names(locale.months["stand-alone"][width]) for width in ("wide", "abbreviated")},
            "days": {width: _names(locale.days["format"][width]) for width in ("wide", "abbreviated")},
            "patterns": {width: locale.date_formats[width].pattern for width in FORMATS},
            "units": {unit: _unit(locale, unit) for unit in UNITS},
            "plurals": "".join(_short(locale.plural_form(n)) for n in range(LARGEST + 1)),
        }
    OUT.write_text(json.dumps(told, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    _check(LANGUAGES)
    print(OUT, OUT.stat().st_size, "bytes")


def _names(names: dict[int, str]) -> list[str]:
    return [names[i] for i in sorted(names)]


def _short(plural: str) -> str:
    return {"one": "1", "few": "f", "many": "m", "other": "o", "two": "2", "zero": "0"}[plural]


def _unit(locale: object, unit: str) -> dict[str, str]:
    """Patterns by plural; languages that write no shorter form have the short one only."""
    patterns = locale._data["unit_patterns"][f"duration-{unit}"]  # type: ignore[attr-defined]
    patterns = patterns[_length(patterns)]
    plurals = ("one", "few", "many", "other", "two", "zero")
    return {_short(plural): pattern for plural, pattern in patterns.items() if plural in plurals}


def _length(patterns: dict[str, dict[str, str]]) -> str:
    return "long" if "other" in patterns.get("long", ()) else "short"


def _check(languages: dict[str, str]) -> None:
    from babel import Locale
    from babel.dates import format_date
    from babel.units import format_unit

    from netlab.data.phrases import Language

    chance = random.Random(0)
    for code in languages:
        language = Language.of(code)
        for _ in range(500):
            day = datetime.date.fromordinal(chance.randrange(690_000, 760_000))
            for width in FORMATS:
                ours, theirs = language.date(day, width), format_date(day, width, code)
                assert ours == theirs, (code, width, ours, theirs)
        for count in range(LARGEST + 1):
            for unit in UNITS:
                length = _length(Locale.parse(code)._data["unit_patterns"][f"duration-{unit}"])
                ours = language.amount(count, unit)
                theirs = format_unit(count, f"duration-{unit}", length, locale=code)
                assert ours == theirs, (code, ours, theirs)


if __name__ == "__main__":
    main(sys.argv[1])
