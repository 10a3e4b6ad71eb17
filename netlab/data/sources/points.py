"""Points: two classes in the plane, made by a formula."""

from __future__ import annotations

import numpy as np

from netlab.data.dataset import Dataset, Field, Source
from netlab.data.findings import Progress, silent
from netlab.options import Choice, Float, Int

PATTERNS = ("moons", "circles", "spirals", "xor")


class Points(Source):
    """Points of two classes in the plane: moons, circles, spirals or xor, with noise."""

    title = "2-D points"
    about = "Which class does a point belong to? Four patterns that no straight line separates."
    licence = "MIT"
    origin = "made by NetLab from a formula"
    pattern = Choice("spirals", PATTERNS, help="How the two classes lie.")
    points = Int(1000, min=20, max=1_000_000, unit="points", help="How many points.")
    noise = Float(0.05, min=0.0, max=1.0, help="Standard deviation of what is added to each coordinate.")
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes the points.")

    def fields(self) -> tuple[Field, ...]:
        point = Field("point", "d=2", kind="points", names=("x", "y"))
        return point, Field("label", "", "int", "label", 2, ("blue", "orange"))

    def row_count(self) -> int:
        return self.points

    def load(self, progress: Progress = silent) -> Dataset:
        random = np.random.Generator(np.random.Philox(self.seed))
        label = np.arange(self.points) % 2
        xy = _place(self.pattern, label, random) + random.normal(0, self.noise, (self.points, 2))
        columns = {"point": xy.astype(np.float32), "label": label.astype(np.int64)}
        return Dataset(self.fields(), columns, self.shuffled_splits(self.points))


def _place(pattern: str, label: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Coordinates (n, 2) within about −1…1."""
    u = random.random(len(label))
    if pattern == "moons":
        angle = np.pi * (u + label)
        x, y = np.cos(angle), np.sin(angle)
        return np.stack([x + np.where(label, 0.5, -0.5), y + np.where(label, 0.25, -0.25)], 1) / 1.5
    if pattern == "circles":
        radius, angle = np.where(label, 0.9, 0.4), 2 * np.pi * u
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    if pattern == "spirals":
        radius = 0.05 + 0.95 * np.sqrt(u)
        angle = 3.5 * np.pi * radius + np.pi * label
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    x = random.uniform(0.08, 1.0, len(label)) * random.choice([-1, 1], len(label))
    y = random.uniform(0.08, 1.0, len(label)) * np.where(label, -1, 1) * np.sign(x)
    return np.stack([x, y], 1)
