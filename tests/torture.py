"""The long reliability runs: ``python3 dev.py torture``. The suite runs a short seed of each.

Here the tests that kill processes and the random walks are repeated, each turn with another seed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from math import ceil

REPEATS = int(os.environ.get("NETLAB_TORTURE_REPEATS", "20"))
WORDS = "kill or crash or lost or random or monkey or any"
MONKEY_OPERATIONS = 1_000_000  # at the canvas, in all turns together
FAULTY = "gpt bert vit seq2seq"  # examples that are broken in every way, besides those of the suite
CASES = {"NETLAB_RESUME_CASES": 500, "NETLAB_POISON_CASES": 200, "NETLAB_SIGNALS": 100}  # in all turns, each another
WIDER = ("compiler/test_faults", "engine/test_exporting", "engine/test_gpu_stand_in")  # with all examples
PLACES = ("tests/document", "tests/engine", "tests/runs", "tests/app")


def main() -> int:
    """Run the kill tests and the random walks again and again, each turn with another seed; 0 if all passed."""
    os.environ["NETLAB_FAULTY"], os.environ["NETLAB_ALL"] = FAULTY, "1"
    failed = suite("--timeout", "0", *(f"tests/{name}.py" for name in WIDER))
    for turn in range(1, REPEATS + 1):
        print(f"turn {turn} of {REPEATS}", flush=True)
        os.environ["NETLAB_MONKEY_SEED"] = os.environ["NETLAB_TURN"] = str(turn)
        os.environ |= {name: str(ceil(count / REPEATS)) for name, count in CASES.items()}
        os.environ["NETLAB_MONKEY_OPERATIONS"] = str(ceil(MONKEY_OPERATIONS / REPEATS))
        failed |= suite("-k", WORDS, f"--hypothesis-seed={turn}", "--timeout", "0", *PLACES)
    return failed


def suite(*arguments: str) -> int:
    """One run of pytest in a process of its own."""
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
