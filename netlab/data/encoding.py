"""In which encoding a text file is, and how to read it line by line without losing the rest to one bad byte."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from netlab.data.findings import Progress, silent

SAMPLE = 1 << 18
BLOCK = 1 << 20
LONGEST_LINE = 1 << 19
ENCODINGS = ("auto", "utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "cp1252", "gb18030", "shift_jis", "koi8-r")
MARKS = (  # the longer marks first: UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(head: bytes) -> str:
    """The likely encoding of a file that begins with these bytes."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if len(head) >= 4 and not len(head) % 2 and b"\0" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) > len(head) * 0.3 and min(even, odd) < len(head) * 0.05:
            return "utf-16-be" if even > odd else "utf-16-le"
    lines = [line for line in head.split(b"\n")[:-1] or [head] if not line.isascii()]
    if sum(map(_is_utf8, lines)) * 2 >= len(lines):  # single bad lines do not make another encoding
        return "utf-8"
    high = sum(byte >= 0x80 for byte in head)
    common = re.findall(rb"[\xB0-\xD7][\xA1-\xFE]|[\xA1-\xA9][\xA1-\xFE]", head)  # GB 2312, signs and level 1
    if 2 * len(common) > 0.8 * high:
        return "gb18030"
    letters = len(re.findall(rb"(?<=[A-Za-z])[\xC0-\xFD]|[\xC0-\xFD](?=[A-Za-z])", head))
    return "cp1252" if letters > 0.5 * high else "utf-8"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def lines_of(path: Path, encoding: str, progress: Progress = silent) -> Iterator[list[str]]:
    """The lines of a file in blocks, without their ends. Bytes that cannot be decoded become lone surrogates.

    Memory is bounded by the block: of a line longer than that the middle is left out, and `too_long` is true of it.

    Raises:
        OSError: the file cannot be read, or no longer.
        LookupError: there is no such encoding.
    """
    codecs.lookup(encoding)
    end = "\n".encode(encoding)
    size = max(path.stat().st_size, 1)
    done, rest, first = 0, b"", True
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            done += len(block)
            if first:
                mark = next((m for m, name in MARKS if name == encoding and block.startswith(m)), b"")
                block, first = block[len(mark) :], False
            whole = rest + block
            cut = _last_end(whole, end)
            rest = whole[cut:][:LONGEST_LINE]
            if cut:
                yield _decoded(whole[:cut], encoding)
            progress(done / size)
    if rest:
        yield _decoded(rest, encoding)


def _last_end(block: bytes, end: bytes) -> int:
    """The place behind the last line end that is aligned to the characters, 0 if there is none."""
    at = block.rfind(end)
    while at > 0 and at % len(end):
        at = block.rfind(end, 0, at + len(end) - 1)
    return at + len(end) if at >= 0 else 0


def _decoded(block: bytes, encoding: str) -> list[str]:
    try:
        text = block.decode(encoding)
    except UnicodeDecodeError:
        text = block.decode(encoding, "surrogateescape" if len("\n".encode(encoding)) == 1 else "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines
