"""A few training images as training would change them, for the window to show: ``python -m netlab.engine draw``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from netlab.data.dataset import DataError, source_of
from netlab.data.findings import Progress
from netlab.data.look import thumbnails
from netlab.data.looking import Draw, Drawn, Reply, Request
from netlab.data.looking import main as serve
from netlab.engine.drawing import drawn
from netlab.language import tr

ROWS, EPOCHS = 4, 6


def answer(request: Request, progress: Progress) -> Reply:
    """The first training images, each followed by what the first epochs make of it.

    Raises:
        DataError: the data has no images, or cannot be loaded.
    """
    if not isinstance(request, Draw):
        raise DataError(tr("Only changes of images are drawn here."))
    dataset = source_of(request.source, request.options).load()
    image = next((field for field in dataset.fields if field.kind == "image"), None)
    if image is None:
        raise DataError(tr("This data has no images."))
    rows = dataset.splits["train"][:ROWS]
    pixels = torch.from_numpy(np.asarray(dataset.columns[image.name][rows], np.float32))
    seen = [pixels]
    for epoch in range(EPOCHS):
        seen.append(drawn({image.name: pixels}, dataset.draws, 0, epoch, torch.from_numpy(rows))[image.name])
        progress((epoch + 1) / EPOCHS)
    changed = torch.stack(seen, 1).flatten(0, 1).numpy()
    shown = thumbnails(replace(dataset, columns={image.name: changed}), image, np.arange(len(changed)))
    return Drawn(shown, EPOCHS + 1)


def main() -> int:
    """Answer until standard input closes."""
    serve(answer)
    return 0
