"""Penguins: a table with numbers, categories and missing values, as tables are."""

from __future__ import annotations

from functools import cache

from netlab.data.dataset import Dataset, Field, Source
from netlab.data.findings import Progress, silent
from netlab.data.resources import FOLDER
from netlab.data.sources.table import Table

MEASURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "island", "sex")


class Penguins(Source):
    """344 penguins of three species near Palmer Station, Antarctica (Gorman, Williams and Fraser 2014).

    11 have no sex noted and two no measures at all: missing numbers become the mean of the training rows.
    """

    title = "Penguins"
    about = "Which species is a penguin of? Four measures, its island and its sex, for 344 penguins."
    licence = "CC0-1.0"
    origin = "Horst, Hill and Gorman 2020, palmerpenguins; data by Gorman, Williams and Fraser 2014"
    samples = 344
    size = 15_241

    def fields(self) -> tuple[Field, ...]:
        return _table().fields()

    def load(self, progress: Progress = silent) -> Dataset:
        return _table().with_options(**self.values, split="stratified").load(progress)


@cache
def _table() -> Table:
    table = Table(path=str(FOLDER / "penguins.csv"), target=["species"], features=list(MEASURES))
    return table.look()[0]
