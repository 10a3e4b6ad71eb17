"""Images in files: decoded to one size, one row each; a broken or monstrous one costs itself."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from netlab.data.draws import ImageChanges
from netlab.data.files import shown
from netlab.data.findings import Ledger, Progress
from netlab.data.lazy import Column
from netlab.language import tr
from netlab.options import Choice, Size

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm")
MOST_PIXELS = 50_000_000
LARGEST_SIDE = 224
BATCH = 256
SAMPLE = 2000
LISTED_BAD = 10_000


class BadImage(ValueError):
    """An image that cannot be used, and why."""


class ImageFacts(msgspec.Struct, frozen=True):
    """What a set of images holds.

    Attributes:
        sha256: of all names and contents.
        listing: of all names and sizes of files, which is quick to compare.
        images: good ones.
        bad: names of those that cannot be decoded.
        classes, sizes: names of the classes, and how many images each has.
        height, width, grey: of most images.
    """

    sha256: str
    listing: str
    bytes: int
    images: int
    bad: tuple[str, ...]
    classes: tuple[str, ...]
    sizes: tuple[int, ...]
    height: int
    width: int
    grey: bool


@dataclass(frozen=True)
class Looked:
    """What was seen of one image file: its size and hash, or why it cannot be used."""

    sha256: str = ""
    height: int = 0
    width: int = 0
    grey: bool = False
    wrong: str = ""


class ImageOptions(ImageChanges):
    """How images are brought to one size."""

    size = Size((0, 0), min=0, max=4096, unit="pixels", help="Height and width; 0 for those that most images have.")
    colours = Choice("auto", ("auto", "grey", "colour"), help="Channels: one of grey, or red, green and blue.")

    def form(self, facts: ImageFacts) -> tuple[int, int, int]:
        """Channels, height and width of each image."""
        height, width = (given or seen for given, seen in zip(self.size, _fitting(facts), strict=True))
        grey = facts.grey if self.colours == "auto" else self.colours == "grey"
        return (1 if grey else 3), height, width


def _fitting(facts: ImageFacts) -> tuple[int, int]:
    scale = min(1.0, LARGEST_SIDE / max(facts.height, facts.width, 1))
    return max(1, round(facts.height * scale)), max(1, round(facts.width * scale))


def images_in(folder: Path) -> list[Path]:
    """The image files below a folder, by the bytes of their names, links that lead out of it left out."""
    root = folder.resolve()
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort(key=os.fsencode)
        for name in sorted(names, key=os.fsencode):
            path = Path(place) / name
            if path.suffix.lower() in SUFFIXES and not name.startswith("."):
                inside = not path.is_symlink() or path.resolve().is_relative_to(root)
                found += [path] if inside else []
    return found


def opened(path: Path) -> Image.Image:
    """An image with its pixels read and turned upright. BadImage with the reason if that cannot be done."""
    try:
        with path.open("rb") as stream, Image.open(stream) as image:
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width} × {image.height}"
                raise BadImage(
                    tr("{size} pixels are more than the {most:,} that are read", size=size, most=MOST_PIXELS)
                )
            image.load()
            return ImageOps.exif_transpose(image)
    except BadImage:
        raise
    except FileNotFoundError:
        raise BadImage(tr("the file is gone")) from None
    except UnidentifiedImageError:
        raise BadImage(tr("it is no image, or of a kind that is not read")) from None
    except Exception as error:  # each decoder has error types of its own
        raise BadImage(tr("it cannot be decoded: {reason}", reason=str(error)[:100] or type(error).__name__)) from error


def decoded(path: Path, form: tuple[int, int, int]) -> np.ndarray:
    """One image as uint8 (C, H, W): the middle of it, scaled. BadImage if that cannot be done."""
    channels, height, width = form
    image = opened(path)
    try:
        if image.mode.startswith(("I", "F")):  # 16 or 32 bits of grey
            values = np.asarray(image, np.float64)
            span = float(np.ptp(values)) or 1.0
            image = Image.fromarray(((values - values.min()) / span * 255).astype(np.uint8))
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("L" if channels == 1 else "RGB")
        if image.size != (width, height):
            image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    except Exception as error:
        raise BadImage(tr("it cannot be converted: {reason}", reason=str(error)[:100])) from error
    pixels = np.asarray(image, np.uint8)
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def looked_at(path: Path) -> Looked:
    """Decode one image to see whether it can be used."""
    try:
        content = path.read_bytes()
        image = opened(path)
    except BadImage as error:
        return Looked(wrong=str(error))
    except OSError as error:
        return Looked(wrong=error.strerror or str(error))
    grey = image.mode in ("1", "L", "I", "F", "I;16", "LA")
    return Looked(hashlib.sha256(content).hexdigest(), image.height, image.width, grey)


def look_at_all(
    paths: Sequence[Path], root: Path, classes: Sequence[str], ledger: Ledger, progress: Progress
) -> ImageFacts:
    """Decode every image once; the class of each is given beside it. Broken ones are in the ledger."""
    digest, sizes, per_class = hashlib.sha256(), Counter[tuple[int, int]](), Counter[str]()
    bad: list[str] = []
    greys = 0
    for start, seen in _in_threads(paths):
        for path, named, one in zip(paths[start:], classes[start:], seen, strict=False):
            name = shown(path.relative_to(root))
            digest.update(f"{name}\0{one.sha256}\0".encode())
            if one.wrong:
                bad.append(name)
                ledger.bad_row("bad_image", tr("{name}: {wrong}", name=name, wrong=one.wrong), column=name)
                continue
            sizes[one.height, one.width] += 1
            per_class[named] += 1
            greys += one.grey
        progress((start + len(seen)) / len(paths))
    (height, width), _ = sizes.most_common(1)[0] if sizes else ((1, 1), 0)
    names = tuple(sorted(set(classes)))
    count = sum(sizes.values())
    return ImageFacts(
        digest.hexdigest(),
        listing_of(paths, root),
        sum(path.stat().st_size for path in paths if path.exists()),
        count,
        tuple(bad[:LISTED_BAD]),
        names,
        tuple(per_class[name] for name in names),
        height,
        width,
        greys == count,
    )


def _in_threads(paths: Sequence[Path]) -> Iterator[tuple[int, list[Looked]]]:
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), "netlab-images") as pool:
        for start in range(0, len(paths), BATCH):
            yield start, list(pool.map(looked_at, paths[start : start + BATCH]))


def listing_of(paths: Sequence[Path], root: Path) -> str:
    """A hash of the names and sizes of files."""
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size if path.exists() else -1
        digest.update(os.fsencode(path.relative_to(root)) + f"\0{size}\0".encode())
    return digest.hexdigest()


class ImageColumn(Column):
    """Images of files, decoded when asked for and normalised: float32 (n, C, H, W)."""

    dtype = np.dtype(np.float32)

    def __init__(self, paths: Sequence[Path], form: tuple[int, int, int], digest: str) -> None:
        self.paths, self.form, self.digest = paths, form, digest
        self.shape = (len(paths), *form)
        self.mean, self.std = np.zeros((form[0], 1, 1), np.float32), np.ones((form[0], 1, 1), np.float32)

    def fit(self, train: np.ndarray) -> tuple[Any, Any]:
        """Take mean and deviation of each channel from (at most 2,000 of) the training rows, and return them."""
        rows = train[:: max(1, len(train) // SAMPLE)]
        sums, squares, count = np.zeros(self.form[0]), np.zeros(self.form[0]), 0
        for start in range(0, len(rows), BATCH):
            found, wrong = self.fetch(rows[start : start + BATCH])
            good = np.delete(found, list(wrong), axis=0).astype(np.float64)
            sums += good.sum((0, 2, 3))
            squares += (good**2).sum((0, 2, 3))
            count += good.size // self.form[0]
        mean = sums / max(count, 1)
        std = np.sqrt(np.maximum(squares / max(count, 1) - mean**2, 0))
        std = np.where(std == 0, 1.0, std)
        self.mean, self.std = (part.astype(np.float32).reshape(-1, 1, 1) for part in (mean, std))
        return mean.tolist(), std.tolist()

    def fetch(self, rows: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
        found, wrong = np.zeros((len(rows), *self.form), np.float32), {}
        for place, row in enumerate(rows):
            path = self.paths[int(row)]
            try:
                found[place] = (decoded(path, self.form) - self.mean) / self.std
            except BadImage as error:
                wrong[place] = f"{shown(path.name)}: {error}"
        return found, wrong
