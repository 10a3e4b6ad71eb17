"""The wheel: it builds, carries resources, examples and every module, and its command works from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(out.glob("netlab-*.whl"))


def test_it_carries_everything(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in sorted((ROOT / "netlab").rglob("*.py")):
        assert str(path.relative_to(ROOT)) in names
    assert any(name.endswith("mnist5k.npz") for name in names)
    assert any(name.endswith("gpt.netlab") for name in names)
    assert not any("tests/" in name for name in names)


def test_it_works_where_the_clone_is_not(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    script = (
        "import netlab, sys; from netlab.cli import main\n"
        f"assert netlab.__file__.startswith({str(tmp_path)!r})\n"
        "assert main(['new', 'lenet', 'x.netlab']) == 0\n"
        "sys.exit(main(['train', 'x.netlab', '--steps', '2', '--device', 'cpu', '--run', 'r']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "finished after step 2" in done.stdout
