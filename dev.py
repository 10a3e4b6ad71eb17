#!/usr/bin/env python3
"""Set up and check NetLab from a fresh clone, with nothing but Python 3.11 and pip.

    python3 dev.py run [ARGS…]     the window (or `netlab ARGS…`)
    python3 dev.py test [ARGS…]    the test suite (ARGS go to pytest)
    python3 dev.py lint            ruff, its formatter in check mode, the type checker
    python3 dev.py bench [ARGS…]   the measurements
    python3 dev.py torture         the long reliability runs
    python3 dev.py gallery         a picture of every view and example, for looking through
    python3 dev.py texts [CODE…]   bring the files of translations up to date, and say what they lack
    python3 dev.py lock            write requirements/*.txt anew from requirements/*.in
    python3 dev.py env             build the environment and print where its Python is

The environment lives outside the clone, in `<user cache>/netlab`, and is shared by all clones that have
the same lock files. These variables change what happens:

    NETLAB_CACHE       another folder for environments and downloads
    NETLAB_TORCH       another torch requirement ("torch==2.12.1"), or "system" for the one already installed
    NETLAB_SKIP_LIBS   when set, missing system libraries do not stop anything
    UV_TORCH_BACKEND   "cpu", "cu130", …: the torch build, where the automatic choice is wrong
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
EXAMPLE = "examples/gpt.netlab"
TORCH = "torch==2.13.0"
UV = "uv==0.13.9"
UNUSED_DAYS = 30
COOL_DOWN = "14 days"  # a poisoned release is mostly found within days, so younger ones are not locked
WHEELS_ONLY = ("--only-binary", ":all:")  # no set-up script of a package is ever run

BASE_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}
"""Shared library → Debian package, for importing PySide6 at all."""

WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""Shared library → Debian package, for a real window under X11."""

CJK_FONT_FOLDERS = (
    "/usr/share/fonts/truetype/wqy",
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto-cjk",
)


class Stop(Exception):
    """Setting up cannot go on; the message says why and what to do."""


# --- small helpers ---------------------------------------------------------------------------------


def say(text: str) -> None:
    """Print one line of progress on standard error, so that `--json` output stays clean."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def call(*command: object, env: Mapping[str, str] | None = None) -> None:
    """Run a set-up command with its output on standard error; raise `CalledProcessError` when it fails."""
    words = [str(word) for word in command]
    say(" ".join(words))
    subprocess.run(words, check=True, env=env, stdout=sys.stderr)


def has_library(name: str) -> bool:
    """Whether the dynamic linker finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_display(env: Mapping[str, str]) -> bool:
    """Whether a window can be shown: on Linux, only with an X11 or Wayland display."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY"))


# --- system libraries ------------------------------------------------------------------------------


def missing_packages(
    libraries: Mapping[str, str], for_tests: bool, has: Callable[[str], bool] = has_library
) -> list[str]:
    """Debian packages of what is not there; the tests also draw under Xvfb, in Chinese."""
    missing = [package for library, package in libraries.items() if not has(library)]
    if for_tests and not shutil.which("Xvfb"):
        missing.append("xvfb")
    if for_tests and not any(Path(folder).is_dir() for folder in CJK_FONT_FOLDERS):
        missing.append("fonts-wqy-microhei")
    return missing


def install_command(packages: Sequence[str]) -> list[str]:
    """The apt-get line that brings these packages."""
    return ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]


def missing_message(packages: Sequence[str]) -> str:
    """What somebody who is not root, or not on Debian, is told."""
    line = " ".join(install_command(packages))
    return (
        f"these system packages are missing: {', '.join(packages)}.\n"
        f"On Debian or Ubuntu run:\n    sudo {line}\n"
        "Elsewhere install what your system calls them. NETLAB_SKIP_LIBS=1 goes on without."
    )


def ensure_libraries(for_tests: bool = False) -> None:
    """Install missing system libraries as root on Debian or Ubuntu; anywhere else say which are missing."""
    if not sys.platform.startswith("linux") or os.environ.get("NETLAB_SKIP_LIBS"):
        return
    missing = missing_packages(BASE_LIBRARIES | WINDOW_LIBRARIES, for_tests)
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Stop(missing_message(missing))
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wait = ("-o", "DPkg::Lock::Timeout=300")
    try:
        call("apt-get", "update", "-q", *wait, env=env)
        call(*install_command(missing), *wait, env=env)
    except subprocess.CalledProcessError as error:
        raise Stop(f"apt-get failed ({error.returncode}); {missing_message(missing)}") from None


# --- where the environment lives -------------------------------------------------------------------


def cache_folder(env: Mapping[str, str] = os.environ, system: str = sys.platform) -> Path:
    """The folder for environments and downloads: `NETLAB_CACHE`, or the user's cache folder."""
    if chosen := env.get("NETLAB_CACHE"):
        return Path(chosen).absolute()
    if system == "win32":
        return Path(env.get("LOCALAPPDATA") or Path.home() / "AppData/Local", "NetLab", "Cache")
    if system == "darwin":
        return Path.home() / "Library/Caches/NetLab"
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache", "netlab")


def lock_files(groups: Sequence[str]) -> list[Path]:
    """The lock file of each group of requirements."""
    return [REQUIREMENTS / f"{group}.txt" for group in groups]


def environment_key(locks: Sequence[bytes], torch: str) -> str:
    """Twelve hex digits that change with the locks, the choice of torch, the interpreter, or the machine."""
    backend = os.environ.get("UV_TORCH_BACKEND", "")
    parts = [torch, backend, sys.version, platform.machine(), sys.base_prefix]
    return hashlib.sha256(b"\0".join([*locks, *(part.encode() for part in parts)])).hexdigest()[:12]


def environment_folder(groups: Sequence[str], torch: str) -> Path:
    """Where the environment for these groups belongs."""
    key = environment_key([path.read_bytes() for path in lock_files(groups)], torch)
    return cache_folder() / f"venv-py{sys.version_info[0]}{sys.version_info[1]}-{key}"


def python_of(folder: Path) -> Path:
    """The interpreter inside an environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, waiting for whoever holds it; the system frees it when a process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as handle:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    handle.seek(0)
                    msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    time.sleep(0.5)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def remove_unused(folder: Path, keep: Path, now: float) -> list[Path]:
    """Delete environments that nobody has started for `UNUSED_DAYS` days; return those deleted."""
    gone = []
    for candidate in filter(Path.is_dir, folder.glob("venv-py*")):
        mark = candidate / ".ok"
        used = (mark if mark.exists() else candidate).stat().st_mtime
        if candidate != keep and now - used > UNUSED_DAYS * 86400:
            shutil.rmtree(candidate, ignore_errors=True)
            gone.append(candidate)
    return gone


# --- installing ------------------------------------------------------------------------------------


def pip_settings() -> dict[str, str]:
    """pip's own settings, from its files and from `PIP_…` variables; the more specific section wins."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return parse_pip_settings(listing)


def parse_pip_settings(listing: str) -> dict[str, str]:
    """Read the output of `pip config list`, lines such as `global.find-links='/folder'`."""
    found: dict[str, dict[str, str]] = {}
    for line in listing.splitlines():
        name, equals, value = line.partition("=")
        section, _, key = name.strip().rpartition(".")
        if equals and section:
            found.setdefault(section, {})[key] = str(ast.literal_eval(value.strip()))
    return found.get("global", {}) | found.get("install", {}) | found.get(":env:", {})


def uv_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """What pip has been told, in uv's words; uv does not read pip's settings by itself."""
    words = {"UV_CACHE_DIR": str(cache_folder() / "uv-cache")}
    if links := settings.get("find-links", "").split():
        words["UV_FIND_LINKS"] = ",".join(links)
    if index := settings.get("index-url"):
        words["UV_DEFAULT_INDEX"] = index
    if certificate := settings.get("cert"):
        words["SSL_CERT_FILE"] = certificate
    return words


def has_local_torch(torch: str, settings: Mapping[str, str]) -> bool:
    """Whether a find-links folder holds a wheel of this torch for this interpreter."""
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    pattern = f"{torch.replace('==', '-')}*-{tag}-*.whl"
    folders = [Path(link.removeprefix("file://")) for link in settings.get("find-links", "").split()]
    return any(folder.is_dir() and any(folder.glob(pattern)) for folder in folders)


def get_uv() -> Path | None:
    """The uv program, fetched with pip into the cache the first time; None where it cannot be had."""
    folder = cache_folder() / UV.replace("==", "-")
    uv = folder / "bin" / ("uv.exe" if sys.platform == "win32" else "uv")
    with locked(cache_folder() / "uv.lock"):
        if uv.exists():
            return uv
        try:
            call(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, UV)
        except (OSError, subprocess.CalledProcessError):
            say("uv cannot be had; going on with pip, which is slower")
            return None
    return uv if uv.exists() else None


def install_with_uv(uv: Path, python: Path, groups: Sequence[str], torch: str) -> None:
    """Install the locks, then torch in the build that fits the machine, then compile to bytecode."""
    settings = pip_settings()
    env = {**uv_variables(settings), **os.environ}
    install = [uv, "pip", "install", "-q", "--compile-bytecode", *WHEELS_ONLY, "--python", python]
    locks = [word for path in lock_files(groups) for word in ("-r", path)]
    call(*install, "--no-deps", *locks, env=env)
    if torch == "system":
        return
    chosen = has_local_torch(torch, settings) or "UV_TORCH_BACKEND" in env
    automatic = sys.platform.startswith("linux") and not chosen
    call(*install, *(["--torch-backend", "auto"] if automatic else []), torch, env=env)


def install_with_pip(python: Path, groups: Sequence[str], torch: str) -> None:
    """The same with pip alone: without an NVIDIA driver on Linux, torch comes from PyTorch's CPU index."""
    install = [sys.executable, "-m", "pip", "--python", python, "install", "-q", *WHEELS_ONLY]
    locks = [word for path in lock_files(groups) for word in ("-r", path)]
    call(*install, "--no-deps", *locks)
    if torch == "system":
        return
    local = has_local_torch(torch, pip_settings())
    cpu = sys.platform.startswith("linux") and not local and not shutil.which("nvidia-smi")
    index = ["--extra-index-url", "https://download.pytorch.org/whl/cpu"] if cpu else []
    call(*install, *index, torch)


def build(folder: Path, groups: Sequence[str], torch: str) -> None:
    """Make the environment; `.ok` is written last, so that half an environment is never used."""
    say(f"building the environment in {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    system = ["--system-site-packages"] if torch == "system" else []
    python = python_of(folder)
    try:
        call(sys.executable, "-m", "venv", "--without-pip", *system, folder)
        uv = get_uv()
        try:
            if uv is None:
                install_with_pip(python, groups, torch)
            else:
                install_with_uv(uv, python, groups, torch)
        except subprocess.CalledProcessError:
            if uv is None:
                raise
            say("uv did not manage; trying again with pip")
            install_with_pip(python, groups, torch)
    except subprocess.CalledProcessError as error:
        raise Stop(
            f"the environment could not be built: `{' '.join(error.cmd)}` ended with {error.returncode}.\n"
            "Its words are above; most often the network or the disk is the reason. Running again is safe."
        ) from None
    (folder / ".ok").touch()


def ensure_environment(*groups: str) -> Path:
    """The interpreter of an environment with these groups of requirements, built when it is not there."""
    torch = os.environ.get("NETLAB_TORCH") or TORCH
    folder = environment_folder(groups, torch)
    mark = folder / ".ok"
    if not mark.exists():
        with locked(folder.with_name(folder.name + ".lock")):
            if not mark.exists():
                build(folder, groups, torch)
                remove_unused(folder.parent, keep=folder, now=time.time())
    mark.touch()
    return python_of(folder)


# --- commands --------------------------------------------------------------------------------------


def child_environment(**defaults: str) -> dict[str, str]:
    """The variables every command gets: this clone first, nothing from the user's own site-packages."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    fixed = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONNOUSERSITE": "1"}
    return {**defaults, **os.environ, **fixed}


def python_command(python: Path, *words: str, **defaults: str) -> int:
    """Run the environment's Python in the clone and give back its exit status."""
    done = subprocess.run([str(python), *words], env=child_environment(**defaults), cwd=ROOT, check=False)
    return done.returncode


def run(arguments: list[str]) -> int:
    """The window on the example; without a display a tour of it, offscreen; with ARGS that command."""
    ensure_libraries()
    python = ensure_environment("core")
    if has_display(os.environ):
        return python_command(python, "-m", "netlab", *(arguments or [EXAMPLE]))
    if not arguments:
        say("no display: taking the tour offscreen; the pictures go to build/tour")
        arguments = ["tour", EXAMPLE, "--out", "build/tour"]
    return python_command(python, "-m", "netlab", *arguments, QT_QPA_PLATFORM="offscreen")


def test(arguments: list[str]) -> int:
    """The suite, offscreen and offline."""
    ensure_libraries(for_tests=True)
    python = ensure_environment("core", "dev")
    settings = {"QT_QPA_PLATFORM": "offscreen", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    return python_command(python, "-m", "pytest", *(arguments or ["-n", "2"]), **settings)


def lint(arguments: list[str]) -> int:
    """Rules, formatting and types; all three are run, and any of them fails the whole."""
    python = ensure_environment("core", "dev")
    paths = arguments or ["."]
    types = ["basedpyright", "--pythonpath", str(python), *arguments]
    checks = [["ruff", "check", *paths], ["ruff", "format", "--check", *paths], types]
    results = [python_command(python, "-m", *check) for check in checks]
    return max(results, key=abs)


def offscreen_module(*words: str) -> int:
    """Run a module in the environment of the checks, offscreen."""
    ensure_libraries(for_tests=True)
    return python_command(ensure_environment("core", "dev"), "-m", *words, QT_QPA_PLATFORM="offscreen")


def bench(arguments: list[str]) -> int:
    """The measurements of `netlab bench`."""
    return offscreen_module("netlab", "bench", *arguments)


def torture(arguments: list[str]) -> int:
    """The long reliability runs, which the suite leaves out."""
    return offscreen_module("tests.torture", *arguments)


def gallery(arguments: list[str]) -> int:
    """A picture of every view and example, for looking through."""
    return offscreen_module("tests.gallery", *arguments)


def texts(arguments: list[str]) -> int:
    """Bring the files of translations up to date with what the program says."""
    return offscreen_module("tests.texts", *arguments)


def env(arguments: list[str]) -> int:
    """Build the environment of the checks and print its interpreter."""
    print(ensure_environment(*(arguments or ["core", "dev"])))
    return 0


def lock(arguments: list[str]) -> int:
    """Write the lock files anew: for every platform, with hashes, without torch and its CUDA packages."""
    uv = get_uv()
    if uv is None:
        raise Stop("writing the lock files needs uv, and it cannot be had")
    variables = {
        **uv_variables(pip_settings()),
        **os.environ,
        "UV_CUSTOM_COMPILE_COMMAND": "python3 dev.py lock",
    }
    command = [uv, "pip", "compile", "-q", "--universal", "--python-version", "3.11", *WHEELS_ONLY]
    command += ["--exclude-newer", COOL_DOWN, *arguments]
    for group in ("core", "dev"):
        source, target = REQUIREMENTS / f"{group}.in", REQUIREMENTS / f"{group}.txt"
        call(*command, source, "-o", target, env=variables)
        omitted = [word for name in torch_names(target.read_text()) for word in ("--no-emit-package", name)]
        call(*command, "--generate-hashes", *omitted, source, "-o", target, env=variables)
    return 0


def torch_names(lock_text: str) -> list[str]:
    """The names in a lock file that dev.py's torch step brings by itself."""
    names = [line.partition("==")[0] for line in lock_text.splitlines() if "==" in line and line[:1].isalnum()]
    return [name for name in names if name in ("torch", "triton") or name.startswith(("nvidia-", "cuda-"))]


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    command.__name__: command for command in (run, test, lint, bench, torture, gallery, texts, lock, env)
}


def main(arguments: list[str]) -> int:
    """Pick the command; a set-up that cannot go on ends with a sentence and status 1."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an old Python gets a sentence
        print("NetLab needs Python 3.11 or newer.", file=sys.stderr)
        return 2
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except Stop as reason:
        print(f"dev.py: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
