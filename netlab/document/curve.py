"""An option that is a curve, such as a learning-rate schedule drawn by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from netlab.language import tr
from netlab.options import Option


class Curve(Option[tuple[tuple[float, float], ...]]):
    """Points (x, y) that a curve goes through: x rises from 0 to 1, y lies between `min` and `max`. A list in files."""

    kind = "curve"

    def __init__(
        self,
        default: tuple[tuple[float, float], ...],
        *,
        help: str,
        min: float = 0.0,
        max: float = 1.0,
        max_length: int = 64,
        unit: str = "",
        label: str = "",
    ) -> None:
        super().__init__(default, help=help, unit=unit, label=label)
        self.min, self.max, self.max_length = min, max, max_length

    def check(self, value: Any) -> tuple[tuple[float, float], ...]:
        wanted = tr(
            "1 to {count} points (x, y) with x rising from 0 to 1, y from {low:g} to {high:g}",
            count=self.max_length,
            low=self.min,
            high=self.max,
        )
        try:
            points = tuple((float(x), float(y)) for x, y in value)
        except (TypeError, ValueError):
            raise self._refuse(value, wanted) from None
        if not 1 <= len(points) <= self.max_length or isinstance(value, str | dict):
            raise self._refuse(value, wanted)
        if not all(0 <= x <= 1 and self.min <= y <= self.max for x, y in points):
            raise self._refuse(value, wanted)
        if any(a[0] >= b[0] for a, b in pairwise(points)):
            raise self._refuse(value, wanted)
        return points

    def limits(self) -> dict[str, Any]:
        return {"min": self.min, "max": self.max, "max_length": self.max_length}
