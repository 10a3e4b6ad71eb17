"""The `.netlab` file: UTF-8 JSON, sorted and indented. A file from a stranger is data, and is checked first.

`write_atomically` is the one function that writes files.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from netlab.document.diff import RECORDS, in_order
from netlab.document.graph import Graph
from netlab.document.migrations import migrate
from netlab.document.project import FORMAT, DataChoice, Project
from netlab.document.sound import PLACES, faults
from netlab.document.values import MAX_BYTES, MAX_DEPTH, MAX_INT, ValueRefused, plain
from netlab.language import sentences, tr


class FileError(ValueError):
    """A file that cannot be read or written, as sentences.

    Attributes:
        code: not_found, unreadable, not_json, truncated, foreign, newer, too_large, invalid, changed or
            not_written.
        where: the file, the line and column, or the path to the value, e.g. ``graph.nodes.n1.x``.
        message: what is wrong.
        fix: what to do about it.
    """

    def __init__(self, code: str, where: str, message: str, fix: str) -> None:
        told = sentences(message, fix)
        super().__init__(tr("{where}: {sentence}", where=where, sentence=told) if where else told)
        self.code, self.where, self.message, self.fix = code, where, message, fix


def load(path: str | Path) -> Project:
    """Read a project from a file. Raises `FileError` and nothing else for whatever the file holds."""
    return parse(_read(Path(path)))


def parse(data: bytes) -> Project:
    """The project that the bytes of a file hold. Raises `FileError`."""
    if len(data) > MAX_BYTES:
        raise _too_large()
    content = _content(_json(_decode(data)))
    try:
        content = plain(content)
    except ValueRefused as problem:
        raise FileError("invalid", problem.where, str(problem), problem.fix) from problem
    project = _convert(migrate(content, FORMAT))
    for wrong in _complaints(project):
        raise wrong
    graph = project.graph
    ordered = Graph(in_order(graph.nodes), in_order(graph.edges), in_order(graph.frames))
    return msgspec.structs.replace(project, graph=ordered, probes=in_order(project.probes))


def encode(project: Project) -> bytes:
    """The canonical bytes of a project: equal projects give equal bytes.

    Raises:
        FileError: the project holds something that could not be read back.
    """
    return _bytes(_readable(project))


def save(project: Project, path: str | Path, expected_hash: str | None = None) -> str:
    """Write the project to a file, whole or not at all, and return the SHA-256 of what was written.

    With `expected_hash`, the `digest` of the file as it was loaded, a file that someone else has changed since
    is not overwritten.

    Raises:
        FileError: code "changed", "not_written", or what `encode` refuses.
    """
    path = Path(path)
    data = encode(project)
    if expected_hash is not None and path.exists() and digest(path) != expected_hash:
        raise FileError(
            "changed",
            str(path),
            tr("The file was changed by another program since it was opened, so it was not overwritten."),
            tr("Save under another name, or reopen the file."),
        )
    try:
        write_atomically(path, data)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        fix = tr("Save it in another place.")
        if problem.errno == errno.ENOSPC:
            fix = tr("Free at least {size:,} bytes on that disk, or save it in another place.", size=len(data))
        raise FileError(
            "not_written",
            str(path),
            tr("The project could not be saved: {reason}. What was there before is untouched.", reason=reason),
            fix,
        ) from problem
    return hashlib.sha256(data).hexdigest()


def digest(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises `FileError` if it cannot be read."""
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError) as problem:
        raise _unreadable(Path(path), problem) from problem


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file so that at every moment either the old or the new content is there, also after a power cut.

    A new file in the same folder is filled, synced and renamed over the old one. The old one's permissions are
    kept, and a symbolic link stays one.

    Raises:
        OSError: it could not be written; the old content is untouched.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(temporary, flags, 0o666)
    try:
        try:
            if target.exists() and hasattr(os, "fchmod"):
                os.fchmod(handle, stat.S_IMODE(target.stat().st_mode))
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        count = os.write(handle, rest)
        if count <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest = rest[count:]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open folders, and its rename is journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network drives cannot
            raise
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as problem:
        raise _unreadable(path, problem) from problem


def _unreadable(path: Path, problem: Exception) -> FileError:
    if isinstance(problem, FileNotFoundError):
        return FileError("not_found", str(path), tr("There is no such file."), tr("Check the name and the folder."))
    reason = getattr(problem, "strerror", None) or str(problem)
    return FileError(
        "unreadable",
        str(path),
        tr("It cannot be read: {reason}.", reason=reason),
        tr("Check that it is a file you may read."),
    )


def _too_large() -> FileError:
    return FileError(
        "too_large",
        "",
        tr("The project takes more than {size} MB, which no graph needs.", size=MAX_BYTES // 2**20),
        tr("Keep weights and data in files of their own."),
    )


def _decode(data: bytes) -> str:
    if not data.strip(b" \t\r\n\0"):
        raise _truncated(tr("line {line}, column {column}", line=1, column=1), tr("The file is empty."))
    if data.endswith(b"\0"):
        raise _truncated("", tr("The file ends in zeros, as after a crash of the machine."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        column = problem.start - (data.rfind(b"\n", 0, problem.start) + 1) + 1
        place = tr("line {line}, column {column}", line=line, column=column)
        if problem.reason == "unexpected end of data":
            raise _truncated(place, tr("The file ends in the middle of a character.")) from problem
        raise FileError(
            "not_json",
            place,
            tr("This is not text in UTF-8, so it is no NetLab project."),
            tr("Choose a .netlab file."),
        ) from problem


def _truncated(where: str, message: str) -> FileError:
    return FileError("truncated", where, message, tr("Take a backup, or restore it from the journal or from git."))


def _json(text: str) -> Any:
    def whole(digits: str) -> int:
        if len(digits) > 17 or abs(int(digits)) > MAX_INT:
            raise _value_error(text, digits, tr("A whole number is beyond ±2^53."), tr("Write a smaller number."))
        return int(digits)

    def real(digits: str) -> float:
        if not math.isfinite(number := float(digits)):
            raise _value_error(text, digits, tr("A number is too large to be one."), tr("Write a smaller number."))
        return number

    def constant(name: str) -> Any:
        raise _value_error(
            text, name, tr("{name} is not a number that JSON knows.", name=name), tr("Write a finite number.")
        )

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                name = json.dumps(key)[:80]
                raise _value_error(
                    text, name, tr("The name {name} stands twice in one object.", name=name), tr("Remove one of them.")
                )
            found[key] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=members, parse_int=whole, parse_float=real, parse_constant=constant)
    except json.JSONDecodeError as problem:
        raise _broken(text, problem) from problem
    except RecursionError as problem:
        raise FileError(
            "invalid",
            "",
            tr("The file is nested deeper than {depth} levels.", depth=MAX_DEPTH),
            tr("Choose a .netlab file."),
        ) from problem


def _value_error(text: str, piece: str, message: str, fix: str) -> FileError:
    # The parser does not say where it is; the last occurrence is right for all but contrived files.
    at = max(text.rfind(piece), 0)
    return FileError("invalid", _place(text, at), message, fix)


def _place(text: str, at: int) -> str:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return tr("line {line}, column {column}", line=line, column=column)


def _broken(text: str, problem: json.JSONDecodeError) -> FileError:
    place = tr("line {line}, column {column}", line=problem.lineno, column=problem.colno)
    rest = text[problem.pos : problem.pos + 16].strip()
    cut = (
        not rest
        or problem.msg.startswith("Unterminated string")
        or any(word.startswith(rest) for word in ("true", "false", "null", "NaN", "Infinity", "-Infinity"))
        or rest in (".", "e", "E", "e-", "e+", "E-", "E+")
        or ("escape" in problem.msg and problem.pos + 6 >= len(text.rstrip()))
    )
    if text.lstrip()[:1] not in ("{", "["):
        return FileError(
            "not_json", place, tr("This is not JSON, so it is no NetLab project."), tr("Choose a .netlab file.")
        )
    if cut:
        return _truncated(place, tr("The file is cut off: {reason}.", reason=problem.msg))
    return FileError(
        "not_json",
        place,
        tr("The JSON is broken: {reason}.", reason=problem.msg),
        tr("Correct it there, or take a backup."),
    )


def _content(content: Any) -> dict[str, Any]:
    known = isinstance(content, dict) and "graph" in content
    version = content.get("format") if known else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise FileError(
            "foreign",
            "",
            tr('This is JSON of another program: a NetLab project has "format" and "graph".'),
            tr("Choose a .netlab file."),
        )
    if version > FORMAT:
        raise FileError(
            "newer",
            "format",
            tr(
                "The file has format {version}, and this NetLab knows formats up to {known}.",
                version=version,
                known=FORMAT,
            ),
            tr("Open it with a newer NetLab. It was not changed."),
        )
    return content


def _convert(content: dict[str, Any]) -> Project:
    try:
        return msgspec.convert(content, Project)
    except msgspec.ValidationError as problem:
        where, reason = _blame(content, problem)
        raise FileError("invalid", where, f"{reason}.", tr("Correct it, or remove it from the file.")) from problem


def _blame(content: dict[str, Any], problem: msgspec.ValidationError) -> tuple[str, str]:
    """The place of the first wrong record, with its id, which msgspec does not say."""
    graph = content.get("graph")
    for kind, place in PLACES.items():
        part = content.get("probes") if kind == "probe" else graph.get(place[6:]) if isinstance(graph, dict) else None
        for name, value in part.items() if isinstance(part, dict) else ():
            try:
                msgspec.convert(value, RECORDS[kind])
            except msgspec.ValidationError as wrong:
                return _said(f"{place}.{name}", wrong)
    if "data" in content:
        try:
            msgspec.convert(content["data"], DataChoice)
        except msgspec.ValidationError as wrong:
            return _said("data", wrong)
    return _said("", problem)


def _said(start: str, problem: msgspec.ValidationError) -> tuple[str, str]:
    reason, _, path = str(problem).partition(" - at `$")
    return (start + path.rstrip("`")).lstrip("."), reason


def _complaints(project: Project) -> Iterator[FileError]:
    """What is wrong with a project whose values all have the right types."""
    for where, message, fix in faults(project):
        code = "too_large" if where == "graph" else "invalid"
        yield FileError(code, where, message, fix)


def _readable(project: Project) -> Project:
    """The project in its canonical types, after every check that `parse` would make."""
    values = {name: getattr(project, name) for name in project.__struct_fields__}
    try:
        content = plain(msgspec.to_builtins(values))
    except ValueRefused as problem:
        raise FileError("invalid", problem.where, str(problem), problem.fix) from problem
    except (TypeError, ValueError, RecursionError) as problem:
        raise FileError(
            "invalid", "", tr("The project holds what JSON cannot: {problem}.", problem=problem), tr("Remove it.")
        ) from problem
    checked = _convert(content)
    for wrong in _complaints(checked):
        raise wrong
    return checked


def _bytes(project: Project) -> bytes:
    data = msgspec.json.format(msgspec.json.encode(project, order="sorted"), indent=2) + b"\n"
    if len(data) > MAX_BYTES:
        raise _too_large()
    return data
