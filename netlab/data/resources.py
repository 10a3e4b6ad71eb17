"""The data files that NetLab carries in `netlab/resources/data`."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "data"
