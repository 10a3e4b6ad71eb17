"""The generated model against the same model written by hand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from netlab.bench.row import Row

HAND_WRITTEN = """
import torch
from torch import nn
from torch.nn import functional as F

class Hand(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 12, 5, padding=2), nn.Conv2d(12, 32, 5, padding=2)
        self.fc1, self.drop, self.scores = nn.Linear(1568, 120), nn.Dropout(0.3), nn.Linear(120, 10)

    def forward(self, x, label):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.scores(self.drop(F.relu(self.fc1(x.flatten(1)))))
        return F.cross_entropy(x, label), (x.argmax(-1) == label).float().mean()
"""


def rows() -> Iterator[Row]:
    """Forward and backward of the generated LeNet against the same model written by hand."""
    import netlab
    from netlab.document.examples import examples

    scope: dict[str, Any] = {}
    exec(HAND_WRITTEN, scope)
    torch: Any = scope["torch"]
    ours, hand = netlab.compile(netlab.load(examples()["lenet"])), scope["Hand"]()
    image, label = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))

    def step(made: Any) -> None:
        made.backward()

    def turns(action: Callable[[], object]) -> float:
        start = time.perf_counter()
        for _ in range(10):
            action()
        return (time.perf_counter() - start) * 100

    run_ours = lambda: step(ours(image=image, label=label)[1]["loss"])  # noqa: E731
    run_hand = lambda: step(hand(image, label)[0])  # noqa: E731
    turns(run_ours)
    turns(run_hand)
    times = [(turns(run_ours), turns(run_hand)) for _ in range(15)]  # in turns, so that both see the same machine
    ratio = statistics.median(b / a for a, b in times)
    yield Row("code", "lenet, forward and backward", statistics.median(a for a, _ in times), "ms",
              "hand-written module", ratio, 0.98, ratio >= 0.98)  # fmt: skip
