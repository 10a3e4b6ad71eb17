"""A process that looks at data for the window, which never waits for a file: requests come in, answers go out.

Run as ``python -m netlab.data.looking``. It reads what it is asked to read, writes nothing, and ends when its input
closes; ending it earlier does no harm. A message is its length (4 bytes, big endian) and MessagePack.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, assert_never

import msgspec
import numpy as np

from netlab.catalogue import key_of
from netlab.data.dataset import DataError, Source, source_of
from netlab.data.files import FileSource
from netlab.data.findings import Progress
from netlab.data.hub import fetch
from netlab.data.look import Preview, guess, look, preview, suited
from netlab.language import tr, use_as_told
from netlab.options import OptionError

LENGTH = 4
TOLD_EVERY = 0.05  # seconds between two reports of progress


class Open(msgspec.Struct, frozen=True, tag="open"):
    """Find out what a file is and look at it; with a key, read it by that source."""

    path: str
    key: str = ""


class Fetch(msgspec.Struct, frozen=True, tag="fetch"):
    """Fetch a data set of the hub into a folder, over the network if it is not there yet, and look at it.

    Attributes:
        name, config: as for `netlab.data.hub.fetch`.
    """

    name: str
    folder: str
    config: str = ""


class Look(msgspec.Struct, frozen=True, tag="look"):
    """Look at the file of a source anew, with these options."""

    source: str
    options: dict[str, Any]


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Show what is in a source; a file is read by what is known of it."""

    source: str
    options: dict[str, Any]


class Draw(msgspec.Struct, frozen=True, tag="draw"):
    """Change some training images as training would. It takes torch, so only the engine's process answers."""

    source: str
    options: dict[str, Any]


class Progressed(msgspec.Struct, frozen=True, tag="progressed"):
    """How much of the work is done, 0 to 1."""

    share: float


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """What was seen.

    Attributes:
        options: of the source, what was learned of the file included.
        suited: keys of the sources that can read the file.
    """

    source: str
    options: dict[str, Any]
    preview: Preview
    suited: tuple[str, ...] = ()


class Drawn(msgspec.Struct, frozen=True, tag="drawn"):
    """Images in rows, uint8 (n, H, W, 3): each as it is, and as several epochs would see it; `wide` are in a row."""

    images: np.ndarray
    wide: int


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Why there is nothing to see, as a sentence; `gone` if the file is not there."""

    message: str
    gone: bool = False


Request = Open | Fetch | Look | Show | Draw
Reply = Progressed | Seen | Drawn | Refused
Answerer = Callable[[Request, Progress], Reply]


def packed(message: Request | Reply) -> bytes:
    """A message as bytes, its length first."""
    body = msgspec.msgpack.encode(message, enc_hook=_array_out)
    return len(body).to_bytes(LENGTH, "big") + body


def replies(received: bytearray) -> Iterator[Reply]:
    """Take the whole messages out of what was received so far."""
    while len(received) >= LENGTH:
        end = LENGTH + int.from_bytes(received[:LENGTH], "big")
        if len(received) < end:
            return
        body = bytes(received[LENGTH:end])
        del received[:end]
        yield msgspec.msgpack.decode(body, type=Reply, dec_hook=_array_in)


def _array_out(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [value.dtype.str, list(value.shape), np.ascontiguousarray(value).tobytes()]
    raise NotImplementedError(f"{type(value).__name__} is no part of a message")


def _array_in(kind: type, value: Any) -> Any:
    if kind is np.ndarray:
        dtype, shape, data = value
        return np.frombuffer(data, np.dtype(dtype)).reshape(shape)
    raise NotImplementedError(f"{kind} is no part of a message")


def serve(requests: BinaryIO, answers: BinaryIO, answerer: Answerer) -> None:
    """Answer requests until there are no more; what goes wrong is an answer, too."""
    while head := requests.read(LENGTH):
        request = msgspec.msgpack.decode(requests.read(int.from_bytes(head, "big")), type=Request)
        told = 0.0

        def progress(share: float) -> None:
            nonlocal told
            if time.monotonic() - told > TOLD_EVERY:
                told = time.monotonic()
                answers.write(packed(Progressed(min(max(share, 0.0), 1.0))))
                answers.flush()

        answers.write(packed(_answered(request, progress, answerer)))
        answers.flush()


def answer(request: Request, progress: Progress) -> Reply:
    """Look at what is asked for."""
    match request:
        case Open(path, key):
            source, seen = look(guess(path, key or None), progress)
            return _seen(source, seen, suited(source.place))
        case Fetch(name, folder, config):
            return answer(Open(str(fetch(name, Path(folder), config))), progress)
        case Look(key, options):
            source = source_of(key, options)
            if not isinstance(source, FileSource):
                return _seen(source, preview(source, progress))
            source, seen = look(source, progress)
            return _seen(source, seen, suited(source.place))
        case Show(key, options):
            source = source_of(key, options)
            return _seen(source, preview(source, progress))
        case Draw():
            raise DataError(tr("This takes torch, which only the engine has."))
        case _:
            assert_never(request)


def _answered(request: Request, progress: Progress, answerer: Answerer) -> Reply:
    try:
        return answerer(request, progress)
    except (DataError, OptionError) as error:
        return Refused(str(error), _is_gone(request))
    except MemoryError:
        return Refused(tr("There is too little memory to read it. Close other programs, or take a part of the data."))
    except Exception as error:
        traceback.print_exc()
        return Refused(
            tr(
                "It cannot be read ({type}: {reason}). Please report this.",
                type=type(error).__name__,
                reason=str(error)[:300],
            )
        )


def _seen(source: Source, seen: Preview, fitting: tuple[str, ...] = ()) -> Seen:
    return Seen(key_of(type(source)), dict(source.values), seen, fitting)


def _is_gone(request: Request) -> bool:
    if isinstance(request, Fetch):
        return False
    options: Mapping[str, Any] = {"path": request.path} if isinstance(request, Open) else request.options
    return bool(options.get("path")) and not Path(str(options["path"])).expanduser().exists()


def main(answerer: Answerer = answer) -> None:
    """Serve standard input and output; what else is printed goes to standard error."""
    use_as_told()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, answers, answerer)
    except BrokenPipeError:  # nobody listens any more
        os._exit(0)


if __name__ == "__main__":
    main()
