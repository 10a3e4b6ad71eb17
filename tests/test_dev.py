"""dev.py's pure parts, the lock files, and what pyproject.toml promises about them."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import dev

FORBIDDEN = re.compile(r"^(torch(?!metrics)|triton|nvidia-|cuda-)", re.MULTILINE)


def normal(name: str) -> str:
    """A distribution's name as the lock files spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required() -> Iterator[str]:
    """The requirements in pyproject.toml."""
    yield from tomllib.loads((dev.ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def lock_text(group: str) -> str:
    return (dev.REQUIREMENTS / f"{group}.txt").read_text()


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, Path("/c/netlab")),
        ("linux", {}, Path.home() / ".cache/netlab"),
        ("darwin", {}, Path.home() / "Library/Caches/NetLab"),
        ("win32", {"LOCALAPPDATA": "/l"}, Path("/l/NetLab/Cache")),
        ("win32", {}, Path.home() / "AppData/Local/NetLab/Cache"),
        ("linux", {"NETLAB_CACHE": "/n", "XDG_CACHE_HOME": "/c"}, Path("/n").absolute()),
    ],
)
def test_cache_folder(system: str, variables: dict[str, str], expected: Path) -> None:
    assert dev.cache_folder(variables, system) == expected


def test_key_changes_with_lock_and_torch() -> None:
    keys = {
        dev.environment_key([b"a"], "torch==1"),
        dev.environment_key([b"b"], "torch==1"),
        dev.environment_key([b"a", b"b"], "torch==1"),
        dev.environment_key([b"a"], "torch==2"),
    }
    assert len(keys) == 4
    assert dev.environment_key([b"a"], "torch==1") in keys


def test_missing_library_names_its_package() -> None:
    assert dev.missing_packages({"libno.so.1": "libno1"}, for_tests=False) == ["libno1"]
    assert dev.missing_packages({"libno.so.1": "libno1"}, for_tests=False, has=lambda _: True) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are checked on Linux only")
def test_non_root_gets_the_apt_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETLAB_SKIP_LIBS", raising=False)
    monkeypatch.setattr(dev, "missing_packages", lambda *_: ["libegl1", "xvfb"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(dev.Stop, match="sudo apt-get install -y -q --no-install-recommends libegl1 xvfb"):
        dev.ensure_libraries()
    monkeypatch.setenv("NETLAB_SKIP_LIBS", "1")
    dev.ensure_libraries()


def test_pip_settings_the_specific_section_wins() -> None:
    listing = ":env:.find-links='/a /b'\nglobal.find-links='/g'\nglobal.index-url='https://i/simple'\n"
    settings = dev.parse_pip_settings(listing)
    assert settings == {"find-links": "/a /b", "index-url": "https://i/simple"}
    words = dev.uv_variables(settings)
    assert words["UV_FIND_LINKS"] == "/a,/b"
    assert words["UV_DEFAULT_INDEX"] == "https://i/simple"


def test_local_torch_must_fit_the_interpreter(tmp_path: Path) -> None:
    settings = {"find-links": f"/nowhere {tmp_path}"}
    (tmp_path / "torch-2.13.0+cpu-cp27-cp27-any.whl").touch()
    assert not dev.has_local_torch("torch==2.13.0", settings)
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    (tmp_path / f"torch-2.13.0+cpu-{tag}-{tag}-any.whl").touch()
    assert dev.has_local_torch("torch==2.13.0", settings)


def test_display() -> None:
    assert dev.has_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert dev.has_display({}) is (sys.platform in ("darwin", "win32"))


def test_unused_environments_are_removed(tmp_path: Path) -> None:
    for name in ("venv-py311-old", "venv-py311-new", "venv-py311-mine", "uv-cache"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".ok").touch()
    now = (tmp_path / "venv-py311-new" / ".ok").stat().st_mtime
    past = now - 31 * 86400
    for name in ("venv-py311-old", "venv-py311-mine", "uv-cache"):
        os.utime(tmp_path / name / ".ok", (past, past))
    assert dev.remove_unused(tmp_path, tmp_path / "venv-py311-mine", now) == [tmp_path / "venv-py311-old"]
    assert not (tmp_path / "venv-py311-old").exists()
    assert (tmp_path / "uv-cache").exists()


def test_a_second_build_waits(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("flock is Unix")
    import fcntl

    with dev.locked(tmp_path / "lock"), (tmp_path / "lock").open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["nonsense"]) == 2
    assert "dev.py run" in capsys.readouterr().err


def test_stop_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(_: list[str]) -> int:
        raise dev.Stop("no disk left")

    monkeypatch.setitem(dev.COMMANDS, "run", stop)
    assert dev.main(["run"]) == 1
    assert "no disk left" in capsys.readouterr().err


@pytest.mark.parametrize("group", ["core", "dev"])
def test_lock_leaves_torch_to_its_own_step(group: str) -> None:
    assert not FORBIDDEN.findall(lock_text(group))
    assert dev.torch_names(lock_text(group)) == []


def test_torch_names_are_found() -> None:
    text = "torch==2.13.0 \\\n    --hash=sha256:aa\nnvidia-nccl-cu13==2.29 ; x\nsympy==1\n    # via torch==2\n"
    assert dev.torch_names(text) == ["torch", "nvidia-nccl-cu13"]


@pytest.mark.parametrize("group", ["core", "dev"])
def test_every_locked_package_has_a_hash(group: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", lock_text(group))
    bare = [block.partition("==")[0] for block in blocks if block[:1].isalnum() and "--hash=sha256:" not in block]
    assert bare == []


def test_every_dependency_is_locked() -> None:
    locked = {line.partition("==")[0] for line in lock_text("core").splitlines() if "==" in line}
    wanted = {normal(re.split(r"[<>=;\[ ]", line, maxsplit=1)[0]) for line in required()} - {"torch"}
    assert wanted <= locked
    torch_needs = {
        "sympy",
        "networkx",
        "jinja2",
        "fsspec",
        "filelock",
        "typing-extensions",
        "mpmath",
        "markupsafe",
    }
    assert torch_needs <= locked


def test_same_ranges_in_both_places() -> None:
    source = (dev.REQUIREMENTS / "core.in").read_text().replace('"', "'").splitlines()
    ranges = {re.sub(r"\s", "", line) for line in source if line and line[0] not in "#-" and "torch" not in line}
    assert ranges == {re.sub(r"\s", "", line) for line in required() if not line.startswith("torch")}


def test_pyside_stays_below_6_12_on_python_3_11() -> None:
    pinned = re.findall(r"^pyside6-essentials==6\.(\d+)\S* ; python_full_version < '3\.12'", lock_text("core"), re.M)
    assert [int(minor) < 12 for minor in pinned] == [True]
    assert any("<6.12" in line and "python_version < '3.12'" in line for line in required())
