"""Pictures of the window for looking through: ``python3 dev.py gallery`` fills ``build/gallery``.

Every example, trained a little, and the empty window; light and dark.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from netlab.document.examples import examples

OUT = Path("build/gallery")
STEPS = {"spirals": 3_000, "lenet": 200, "lstm_digits": 400, "gpt": 120}


def main() -> int:
    """Train each example for a few steps, then photograph it."""
    OUT.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name, path in examples().items():
        run = OUT / "runs" / name
        if not run.exists():
            failed |= netlab("train", str(path), "--steps", str(STEPS.get(name, 50)), "--run", str(run))
        for theme in ("light", "dark"):
            picture = OUT / f"{name}-{theme}.png"
            failed |= netlab("shot", str(path), "-o", str(picture), "--theme", theme, "--run", str(run))
    return failed


def netlab(*arguments: str) -> int:
    """Run one command; its exit status."""
    print("netlab", *arguments, flush=True)
    return subprocess.run([sys.executable, "-m", "netlab", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
