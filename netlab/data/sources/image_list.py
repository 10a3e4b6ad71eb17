"""Image list: a table with the file name of an image and its class in each row."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from netlab.data import splitting
from netlab.data.columns import ColumnFacts, cells
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.delimited import chunks, sniff
from netlab.data.files import parts, shown
from netlab.data.findings import Ledger, Progress, silent
from netlab.data.images import SUFFIXES, ImageColumn, ImageFacts, ImageOptions, look_at_all
from netlab.data.judging import judge
from netlab.data.lazy import whole
from netlab.data.tables import TableFacts, TableFile, head_of, read_all
from netlab.language import tr
from netlab.options import Text


class ListFacts(TableFacts, frozen=True):
    """What a list of images holds; the column that was found to name them, "" for none; and the images."""

    image: str = ""
    pictures: ImageFacts | None = None


class ImageList(ImageOptions, TableFile):
    """A table of image files and their classes; the files lie in the folder of the table or below it."""

    title = "Image list"
    about = "A table with the name of an image file and its class in each row."
    facts_type = ListFacts
    decisive = (*TableFile.decisive, "image_column", "label_column")
    image_column = Text(
        "", suggests="columns", max_length=1000, help="Names of files; else the first that ends in .png, .jpg …"
    )
    label_column = Text(
        "", suggests="columns", max_length=1000, help="The classes; without one, the next with few values."
    )

    @classmethod
    def likes(cls, path: Path) -> float:
        if not super().likes(path):
            return 0.0
        return (
            0.85 if any(c.kind in ("text", "category") and _names_images(path, c.name) for c in head_of(path)) else 0.0
        )

    def examine(self, ledger: Ledger, progress: Progress) -> ListFacts:
        reading, looking = parts(progress, 1, 9)
        table = super().examine(ledger, reading)
        texts = [c.name for c in table.columns if c.kind in ("text", "category")]
        image = next((name for name in texts if _names_images(self.place, name)), "")
        values = {name: getattr(table, name) for name in table.__struct_fields__}
        listed = self.with_options(seen=msgspec.to_builtins(ListFacts(**values, image=image)))
        paths, labels = listed._listed(Ledger())  # what is wrong with the rows is told when they are loaded
        names = [listed.columns()[1].classes[label] for label in labels]
        root = self.place.parent.resolve()
        pictures = look_at_all(paths, root, names, Ledger(), looking) if paths else None  # told with lines when loaded
        return ListFacts(**values, image=image, pictures=pictures)

    def fields(self) -> tuple[Field, ...]:
        label = self.columns()[1]
        channels, height, width = self.form(self._pictures())
        image = Field("image", f"C={channels} H={height} W={width}", kind="image")
        return image, Field("label", "", "int", "label", len(label.classes), label.classes)

    def row_count(self) -> int:
        return self._pictures().images

    def load(self, progress: Progress = silent) -> Dataset:
        ledger, pictures = Ledger(), self._pictures()
        paths, named = self._listed(ledger)
        labels = np.array(named, np.int64)
        try:
            splits = splitting.stratified(labels, self.validation, self.test, self.split_seed)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        column = ImageColumn(paths, self.form(pictures), pictures.sha256)
        scale = column.fit(splits["train"])
        columns = {"image": whole(column), "label": labels}
        judge(columns, self.fields(), splits, ledger)
        findings, draws = ledger.findings(), self.changes("image")
        return Dataset(self.fields(), columns, splits, normalisation={"image": scale}, findings=findings, draws=draws)

    def _pictures(self) -> ImageFacts:
        pictures = self.facts.pictures
        if pictures is None:
            raise DataError(
                tr(
                    "No image that {name} names is there. Put it into the folder of the images.",
                    name=Path(self.path).name,
                )
            )
        return pictures

    def columns(self) -> tuple[ColumnFacts, ColumnFacts]:
        """The column of file names and that of classes."""
        facts: ListFacts = self.facts
        name = self.image_column or facts.image
        image = facts.column(name) if name else None
        few = [c for c in facts.columns if c.classes and c is not image]
        label = facts.column(self.label_column) if self.label_column else next(iter(few), None)
        if image is None or label is None or not label.classes:
            raise DataError(tr("The table has no column of image files beside one of classes. Choose both by name."))
        return image, label

    def _listed(self, ledger: Ledger) -> tuple[list[Path], list[int]]:
        """Files and classes of the rows whose image is there and good; the others are in the ledger."""
        image, label = self.columns()
        root = self.place.parent.resolve()
        index = {name: i for i, name in enumerate(label.classes)}
        pictures = self.facts.pictures
        bad = set(pictures.bad) if pictures else set()
        paths: list[Path] = []
        labels: list[int] = []
        for chunk in read_all(self, ledger):
            rows = zip(cells(chunk.frame[image.name]), cells(chunk.frame[label.name]), chunk.lines, strict=True)
            for name, named, line in rows:
                path = (root / (name or "")).resolve()
                if fault := _fault(name, named, path, root, index, bad):
                    ledger.bad_row(fault[0], fault[1], int(line), image.name, name or "")
                    continue
                paths.append(path)
                labels.append(index[named])
        return paths, labels


def _fault(
    name: str | None, named: str | None, path: Path, root: Path, index: dict[str, int], bad: set[str]
) -> tuple[str, str] | None:
    """Code and message of what is wrong with a row."""
    if name is None:
        return "no_image", tr("there is no file name")
    if named not in index:
        return "unknown_class", tr("{name!r:.80} is no class", name=named)
    if not path.is_relative_to(root):
        return "outside", tr("{name!r:.80} lies outside of the folder of the list, so it is not read", name=name)
    if not path.is_file():
        return "no_image", tr("{name!r:.80} is not there", name=name)
    if shown(path.relative_to(root)) in bad:
        return "bad_image", tr("{name!r:.80} cannot be decoded", name=name)
    return None


def _names_images(path: Path, column: str) -> bool:
    """Whether most of the first cells of a column end as image files do."""
    try:
        dialect = sniff(path)
        head = next(chunks(path, dialect, Ledger()), None)
    except (DataError, OSError):
        return False
    names = head.frame[column].drop_nulls().to_list()[:200] if head is not None and column in head.frame else []
    return sum(name.strip().lower().endswith(SUFFIXES) for name in names) > len(names) / 2
