"""Make the small tables in ``netlab/resources/data`` from wheels: ``python tools/make_tables.py WHEEL…``.

Get the wheels by ``pip download palmerpenguins==0.1.6 statsmodels==0.15.0 --no-deps``.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from datetime import datetime
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "netlab" / "resources" / "data"
TABLES = {
    "palmerpenguins/data/penguins.csv": ("penguins.csv", 344),
    "statsmodels/datasets/co2/co2.csv": ("co2.csv", 2284),
    "statsmodels/datasets/sunspots/sunspots.csv": ("sunspots.csv", 309),
}


def main(wheels: list[str]) -> None:
    """Copy each table out of its wheel, with plain names and ISO dates, and check how many rows it has."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name in TABLES:
                    target, rows = TABLES[name]
                    table = list(csv.reader(io.StringIO(archive.read(name).decode())))
                    if len(table) != rows + 1:
                        sys.exit(f"{name} has {len(table) - 1} rows instead of {rows}")
                    write(OUT / target, table)


def write(path: Path, table: list[list[str]]) -> None:
    """Write a table with names in small letters, and dates such as 19580329 as 1958-03-29."""
    names = [name.lower().replace("sunactivity", "sunspots") for name in table[0]]
    dated = names.index("date") if "date" in names else None
    rows = [names]
    for row in table[1:]:
        if dated is not None:
            row[dated] = datetime.strptime(row[dated], "%Y%m%d").date().isoformat()
        rows.append(row)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
