"""Several processes that train one model: who they are, where they meet, and what they agree on.

Every process holds the model, or its share of it (`sharding`), and a share of each batch, and runs the same loop in
step. Whatever a process cannot know by itself comes from rank 0, the leader: commands, the clock, the metrics of a
validation. So all decide alike, and none waits for a partner that went another way. Only the leader writes the run.

On one machine the processes meet through a file; gloo then talks over the loopback device only. ``torchrun`` brings
a meeting place of its own for its agents, and across machines the processes meet there too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from netlab.engine import device as devices
from netlab.engine.commands import CommandReader
from netlab.engine.process import Asked
from netlab.language import sentences, tr
from netlab.protocol.commands import Command, Stop
from netlab.runs.writer import RunWriter

PATIENCE = timedelta(days=1)  # a partner that dies is noticed at once; this is for one that validates for hours
MEETING = timedelta(minutes=5)
NOTICE_SECONDS = 1.0
ENVELOPE = 256  # bytes that travel in one go; a longer message takes a second
T = TypeVar("T")
_LOST = ("gloo", "nccl", "connection closed", "connection reset", "broken pipe", "socket", "process group")


class TeamError(ValueError):
    """Processes that cannot work together as asked, as a sentence with the remedy."""


class Team:
    """The processes of one run, seen from one of them. A run in a single process is a team of one.

    Attributes:
        rank: number of this process, from 0; 0 leads.
        size: how many there are.
        lost: whether one of the others is gone, so that the team has to be made anew.
        may_restart: whether somebody will do that.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size
        self.lost = self.may_restart = False
        self._device = torch.device("cpu")

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share_of(self, batch_size: int) -> slice:
        """The rows of a batch that this process takes.

        Raises:
            TeamError: the rows cannot be divided evenly; the mean of the gradients would then weigh some rows more.
        """
        if batch_size % self.size:
            below = batch_size // self.size * self.size
            sizes = [n for n in (below, below + self.size) if n]
            told = tr(
                "A batch of {size} cannot be divided evenly among {count} processes.", size=batch_size, count=self.size
            )
            better = tr("Set batch_size to {size}.", size=sizes[0])
            if len(sizes) > 1:
                better = tr("Set batch_size to {smaller} or {larger}.", smaller=sizes[0], larger=sizes[1])
            raise TeamError(sentences(told, better))
        part = batch_size // self.size
        return slice(self.rank * part, (self.rank + 1) * part)

    def work_on(self, device: torch.device) -> None:
        """Let this process talk to the others from its device.

        Raises:
            TeamError: the machine has fewer GPUs than the team has processes on it.
        """
        self._device = device
        if (
            self.size > 1
            and device.type == "cuda"
            and torch.cuda.device_count() < int(os.environ.get("LOCAL_WORLD_SIZE", self.size))
        ):
            count = torch.cuda.device_count()
            raise TeamError(
                tr(
                    "There are {count} GPUs for {size} processes. Start {count}, or train on the cpu.",
                    count=count,
                    size=self.size,
                )
            )

    def parallel(self, model: nn.Module, device: torch.device, losses: Collection[str] = ()) -> Callable[..., Any]:
        """The model as it is to be run: each backward pass leaves the mean of all gradients in every process.

        The gradients may be those of the total loss, or of any of several `losses`, named as their readings.

        Buffers, such as the running means of a batch normalisation, are the leader's (Li et al. 2020).

        Raises:
            TeamError: the machine has fewer GPUs than the team has processes on it.
        """
        self.work_on(device)
        alone = self.size == 1 or not any(p.requires_grad for p in model.parameters())
        return model if alone else _Parallel(model, losses)

    def mean(self, readings: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The means over all processes of scalars that each has."""
        detached = {name: value.detach() for name, value in readings.items()}
        if self.size == 1 or not detached:
            return detached
        values = torch.stack([value.float() for value in detached.values()]).to(self._device)
        dist.all_reduce(values)
        return dict(zip(detached, values / self.size, strict=True))

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes of a tensor that each has."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def most(self, value: int) -> int:
        """The largest of the numbers that the processes bring."""
        if self.size == 1:
            return value
        told = torch.tensor(value)
        dist.all_reduce(told, dist.ReduceOp.MAX)
        return int(told)

    def agreed(self, value: T) -> T:
        """What the leader says; the value that the others bring counts for nothing. Plain data."""
        return value if self.size == 1 else msgspec.msgpack.decode(self._share(msgspec.msgpack.encode(value)))

    def gathered(self, tensor: torch.Tensor) -> list[torch.Tensor]:
        """The tensors of all processes, equal in shape, by rank."""
        if self.size == 1:
            return [tensor]
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(found, tensor)
        return found

    def rows(self, tensor: torch.Tensor) -> torch.Tensor:
        """The rows of all processes, equal in number, as they lie in the batch."""
        if self.size == 1:
            return tensor
        if tensor.dtype == torch.bool:  # which gloo does not send
            return self.rows(tensor.view(torch.uint8)).view(torch.bool)
        return torch.cat(self.gathered(tensor.contiguous()))

    def _share(self, data: bytes) -> bytes:
        head = torch.zeros(ENVELOPE, dtype=torch.uint8)
        if self.leads:
            start = (len(data).to_bytes(8, "little") + data)[:ENVELOPE]
            head[: len(start)] = torch.frombuffer(bytearray(start), dtype=torch.uint8)
        dist.broadcast(head, 0)
        first = head.numpy().tobytes()
        size, first = int.from_bytes(first[:8], "little"), first[8:]
        if size <= len(first):
            return first[:size]
        rest = torch.empty(size, dtype=torch.uint8)
        if self.leads:
            rest = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        dist.broadcast(rest, 0)
        return rest.numpy().tobytes()


class _Parallel:
    """Runs a model in torch's `DistributedDataParallel`, which is made anew when other weights learn than before."""

    def __init__(self, model: nn.Module, losses: Collection[str]) -> None:
        self._model, self._parameters = Readings(model, losses), list(model.parameters())
        self._learning: list[bool] = []

    def __call__(self, **fields: torch.Tensor) -> tuple[None, dict[str, torch.Tensor]]:
        learning = [parameter.requires_grad for parameter in self._parameters]
        if learning != self._learning:
            self._learning = learning
            self._wrapped = DistributedDataParallel(self._model, find_unused_parameters=True)
        return self._wrapped(**fields)


class Readings(nn.Module):
    """The model reduced to its readings: a prediction that leads to no loss has no gradient to wait for."""

    def __init__(self, model: nn.Module, losses: Collection[str] = ()) -> None:
        super().__init__()
        self.model, self.losses = model, frozenset(("loss", *losses))

    def forward(self, **fields: torch.Tensor) -> tuple[None, dict[str, torch.Tensor]]:
        readings = self.model(**fields)[1]
        return None, {n: value if n in self.losses else value.detach() for n, value in readings.items()}


ALONE = Team()


class Orders:
    """The commands to a run, the same for the whole team and at the same step, and the clock that all go by."""

    def __init__(self, team: Team, reader: CommandReader | None, asked: Asked) -> None:
        self._team, self._reader, self._asked = team, reader, asked
        self._now = team.agreed(time.monotonic())

    def clock(self) -> float:
        """Seconds. Whatever the loop decides by time it decides by this."""
        return time.monotonic() if self._team.size == 1 else self._now

    @property
    def shared(self) -> bool:
        """Whether several processes take them up, which they can only where all are known to be: behind a step."""
        return self._team.size > 1

    def new(self) -> list[Command]:
        """The commands that came since the last call. In a team all have to call it."""
        found = self._reader.new() if self._reader is not None else []
        if self._team.size == 1:
            return found
        if self._asked.stop:
            found.append(Stop())
        self._now, orders = msgspec.convert(
            self._team.agreed((time.monotonic(), msgspec.to_builtins(found))), tuple[float, list[Command]]
        )
        return orders


class Unwritten(RunWriter):
    """What a process writes that does not lead: nothing. It only remembers the status."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def status(self, **values: object) -> None:
        self.known |= {key: str(value) for key, value in values.items()}

    def forget_after(self, step: int, last_mark: int | None = None) -> None: ...

    def drop_changes(self, behind: int) -> None: ...

    def last_mark(self) -> int:
        return 0

    def forget_validation(self, step: int) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def _put(self, *rows: tuple[str, tuple]) -> None: ...


def is_of_a_team() -> bool:
    """Whether ``torchrun``, or SLURM with its variables, started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


def is_restarted() -> bool:
    """Whether ``torchrun`` started this process again after a failure."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


@contextmanager
def torchrun() -> Iterator[Team]:
    """The team that ``torchrun`` made; on one machine it meets through a file."""
    env = os.environ
    rank, size = int(env["RANK"]), int(env["WORLD_SIZE"])
    one_machine = int(env.get("LOCAL_WORLD_SIZE", "0")) == size
    if not one_machine:
        with _joined(rank, size, None) as team:
            yield team
        return
    attempt = env.get("TORCHELASTIC_RESTART_COUNT", "0")
    meeting = Path(tempfile.gettempdir()) / f"netlab-{os.getppid()}-{env.get('MASTER_PORT', '')}-{attempt}"
    try:
        with _joined(rank, size, meeting) as team:
            yield team
    finally:
        if rank == 0:
            meeting.unlink(missing_ok=True)


@contextmanager
def joined(rank: int, size: int, meeting: Path) -> Iterator[Team]:
    """Be one of `size` processes on this machine that meet through the file `meeting`."""
    os.environ["LOCAL_RANK"] = str(rank)
    with _joined(rank, size, meeting) as team:
        yield team


@contextmanager
def _joined(rank: int, size: int, meeting: Path | None) -> Iterator[Team]:
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        backend = "cpu:gloo,cuda:nccl"
    if meeting is None:
        dist.init_process_group(backend, init_method="env://", timeout=PATIENCE)
    else:
        if sys.platform.startswith("linux"):
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        store = dist.FileStore(str(meeting), size)  # type: ignore[attr-defined] - made in C++
        store.set_timeout(MEETING)
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)
    try:
        yield Team(rank, size)
    finally:
        with suppress(RuntimeError):  # the partner may be gone
            dist.destroy_process_group()


def call_off() -> None:
    """End the kernels of NCCL that run or wait; without them the team can only say farewell."""
    made: Any = dist.group.WORLD
    made._get_backend(torch.device("cuda")).abort()


@contextmanager
def noticing(others: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Within it, this process does not wait on its GPU for partners that are gone.

    gloo notices at once. A kernel of NCCL waits for its partners for ever, and whoever waits for that kernel with it:
    when one of the `others` ends by a failure it is called off, and the next word between the processes finds out.
    """
    done = threading.Event()

    def watch() -> None:
        while not done.wait(NOTICE_SECONDS):
            if any(other.poll() for other in others):
                call_off()
                return

    watcher = threading.Thread(target=watch, name="partners", daemon=True)
    if torch.cuda.is_available():
        watcher.start()
    try:
        yield
    finally:
        done.set()
        if watcher.ident is not None:
            watcher.join()


def is_loss_of_a_partner(error: BaseException | str) -> bool:
    """Whether an error says that another process is gone; torch says so only in words."""
    words = str(error).lower()
    return any(word in words for word in _LOST)


def generators(team: Team) -> dict[str, torch.Tensor]:
    """The generators of the other processes, for a checkpoint: each draws its own dropout."""
    return {
        f"rng/{kind}/{rank}": state
        for kind, mine in devices.generators().items()
        for rank, state in enumerate(team.gathered(mine))
        if rank
    }
