"""How long every node takes in a step, measured on one step every few seconds.

Forward, the lines that the nodes wrote are timed one by one. Backward, autograd goes through the same lines from the
last to the first: the part of a node begins where the gradient arrives at what its line assigned, and ends where the
next one begins. The numbers of the model are the same whether it is timed or not.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict, deque
from typing import Any

import torch
from torch.autograd.graph import Node

from netlab.compiler.blocks import along
from netlab.compiler.problem import label_among
from netlab.engine.lines import after_each_line, names_assigned
from netlab.engine.loader import Batch
from netlab.engine.private import after_backward
from netlab.engine.probing import Record
from netlab.engine.step import Stepper
from netlab.protocol.summaries import TIMES, Times, encode

SECONDS, LONGEST = 2.0, 60.0  # between two measurements
SHARE = 0.005  # of the time of the run that they may cost
KEPT = 5  # steps over which the median is told
MS = 1e3
Spent = defaultdict[str, float]


class TimeMeter:
    """Leads the step that is due through its phases with a watch in hand, and the step before it by the whole.

    What the watch costs is the difference of the two, and says how soon the next may follow. A compiled model has no
    lines that could be timed.
    """

    def __init__(self, stepper: Stepper, record: Record) -> None:
        self.stepper, self.built, self.record = stepper, stepper.built, record
        self._lines = self.built.source.text.splitlines()
        self._taken: deque[tuple[Spent, Spent]] = deque(maxlen=KEPT)
        self._next = 0.0 if not stepper.compiles else float("inf")
        self._plain: float | None = None
        self._start_pass()

    def _start_pass(self) -> None:
        self._forward: Spent = defaultdict(float)
        self._backward: Spent = defaultdict(float)
        self._marked: set[Node] = set()
        self._under_way = ""  # the node that autograd is at
        self._since = 0.0

    def is_due(self, now: float) -> bool:
        """Whether the next step is to be led from here."""
        return now >= self._next

    def forward(self, step: int, batch: Batch) -> None:
        """Run the model."""
        began = self._time()
        if self._plain is None:
            self.stepper.forward(batch)
        else:
            after_each_line(self.built, lambda: self.stepper.forward(batch), self._after_line, self._start)
        self._spent = self._time() - began

    def backward(self, step: int) -> None:
        """Find the gradients, and tell how long everything took."""
        began = self._time()
        if self._plain is None:
            self.stepper.backward()
            self._plain = self._spent + self._time() - began
            return
        after_each_line(self.built, self.stepper.backward, self._after_line, self._start)  # parts of a batch run here
        if self._under_way:
            self._arrive("")
        cost = self._spent + self._time() - began - self._plain
        self._next, self._plain = time.monotonic() + min(max(SECONDS, cost / SHARE), LONGEST), None
        self._taken.append((self._forward, self._backward))
        self._start_pass()
        self.record(step, TIMES, "", encode(self._told()))

    def update(self, step: int) -> None:
        """Change the weights, which takes the same for all."""
        self.stepper.update(step)

    def _time(self) -> float:
        """Seconds, once the device has done what it was given."""
        device = self.stepper.guard.device.type
        if device in ("cuda", "mps"):
            getattr(torch, device).synchronize()
        return time.perf_counter()

    def _start(self) -> None:
        self._since = self._time()

    def _after_line(self, node: str, line: int, variables: dict[str, Any]) -> None:
        self._forward[node] += self._time() - self._since
        for name in names_assigned(self._lines[line - 1]):
            value = variables.get(name)
            made_by = value.grad_fn if isinstance(value, torch.Tensor) else None
            if made_by is not None and made_by not in self._marked:  # a line may hand on what another made
                self._marked.add(made_by)
                made_by.register_prehook(lambda _, node=node: self._arrive(node))
        self._start()

    def _arrive(self, node: str) -> None:
        """The gradient is at what this node sent, so everything behind it is done."""
        if not self._under_way:
            after_backward(lambda: self._arrive(""))
        else:
            self._backward[self._under_way] += self._time() - self._since
        self._under_way = node
        self._start()

    def _told(self) -> Times:
        graph = self.built.project.graph
        flow = along(graph, self.built.inferred.order)
        nodes = [node for node in flow if any(node in forward for forward, _ in self._taken)]
        forward, backward = (
            [MS * statistics.median(taken[i][node] for taken in self._taken) for node in nodes] for i in (0, 1)
        )
        return Times(nodes, [label_among(graph, node) for node in nodes], forward, backward)
