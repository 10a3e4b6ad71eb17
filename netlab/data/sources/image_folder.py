"""Image folder: a folder for each class, with its images inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netlab.data import splitting
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.files import FileSource, shown
from netlab.data.findings import ERROR, Finding, Ledger, Progress, silent
from netlab.data.images import ImageColumn, ImageFacts, ImageOptions, images_in, listing_of, look_at_all
from netlab.data.judging import judge
from netlab.data.lazy import whole
from netlab.language import mark, tr

PARTS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


class ImageFolder(ImageOptions, FileSource):
    """Images in folders named by their class. Folders train, val and test above them give the parts.

    All images are brought to one size and normalised by channel. Broken ones are left out and listed.
    """

    title = "Image folder"
    about = "A folder with a folder for each class, and images inside."
    facts_type = ImageFacts

    @classmethod
    def likes(cls, path: Path) -> float:
        return 0.8 if path.is_dir() and images_in(path) else 0.0

    def examine(self, ledger: Ledger, progress: Progress) -> ImageFacts:
        paths = images_in(self.place)
        if not paths:
            raise DataError(
                tr("There is no image in {name}. Choose a folder with a folder for each class.", name=self.place.name)
            )
        facts = look_at_all(paths, self.place, [self._class_of(path) for path in paths], ledger, progress)
        if not facts.images:
            ledger.say("no_rows", tr("No image in {name} can be decoded.", name=self.place.name), ERROR)
        return facts

    def fields(self) -> tuple[Field, ...]:
        facts: ImageFacts = self.facts
        channels, height, width = self.form(facts)
        image = Field("image", f"C={channels} H={height} W={width}", kind="image")
        return image, Field("label", "", "int", "label", len(facts.classes), facts.classes)

    def load(self, progress: Progress = silent) -> Dataset:
        facts: ImageFacts = self.facts
        ledger, root = Ledger(), self.place
        paths = images_in(root)
        if not paths:
            gone = mark("{path} is not there (any more). Bring it back, or choose another folder.")
            if root.is_dir():
                gone = mark("{path} has no image any more. Bring it back, or choose another folder.")
            raise DataError(tr(gone, path=self.path))
        if listing_of(paths, root) != facts.listing:
            message = tr(
                "{name} has changed since it was chosen, so results differ from earlier ones. Choose it again.",
                name=root.name,
            )
            ledger.whole.append(Finding("changed_file", message))
        bad, index = set(facts.bad), {name: i for i, name in enumerate(facts.classes)}
        good = []
        for path in paths:
            name = shown(path.relative_to(root))
            if name in bad:
                ledger.bad_row("bad_image", tr("{name} cannot be decoded", name=name), column=name)
            elif self._class_of(path) not in index:
                ledger.bad_row("unknown_class", tr("{name} is of a class that was not there", name=name), column=name)
            else:
                good.append(path)
        labels = np.array([index[self._class_of(path)] for path in good], np.int64)
        splits = self._splits(good, labels)
        column = ImageColumn(good, self.form(facts), facts.sha256)
        scale = column.fit(splits["train"])
        columns = {"image": whole(column), "label": labels}
        judge(columns, self.fields(), splits, ledger)
        return Dataset(
            self.fields(),
            columns,
            splits,
            normalisation={"image": scale},
            findings=ledger.findings(),
            draws=self.changes("image"),
        )

    def _class_of(self, path: Path) -> str:
        """The folder an image lies in, below those that name parts."""
        folders = path.relative_to(self.place).parts[:-1]
        if folders and folders[0].lower() in PARTS:
            folders = folders[1:]
        return shown(folders[0]) if folders else shown(self.place.name)

    def _splits(self, paths: list[Path], labels: np.ndarray) -> splitting.Splits:
        parts = [PARTS.get(path.relative_to(self.place).parts[0].lower(), "") for path in paths]
        try:
            if "train" not in parts:
                return splitting.stratified(labels, self.validation, self.test, self.split_seed)
            named = np.array(parts)
            splits = {name: np.flatnonzero(named == name).astype(np.int64) for name in splitting.SPLITS}
            if not len(splits["val"]) and self.validation:  # a part of training, as nothing else may be looked at
                cut = splitting.stratified(labels[splits["train"]], self.validation, 0.0, self.split_seed)
                splits |= {name: splits["train"][cut[name]] for name in ("val", "train")}
            return splits
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
