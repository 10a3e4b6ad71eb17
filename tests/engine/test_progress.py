"""What the validation losses of a run say: whether it still learns."""

from __future__ import annotations

import json

from netlab.engine.progress import Progress


def test_a_slow_fall_is_a_fall_and_noise_is_none() -> None:
    slow, noisy = Progress(), Progress()
    for epoch in range(200):
        slow.see(epoch, 0.5 * (1 - 5e-5) ** epoch)
        noisy.see(epoch, 0.5 + 1e-5 * (-1) ** epoch)
    assert slow.stale < 3
    assert slow.best_step == 199
    assert noisy.stale == 199


def test_it_goes_on_where_it_was() -> None:
    for losses in ([], [float("nan")], [1.0, 0.9, 0.95]):
        progress = Progress()
        for step, loss in enumerate(losses):
            progress.see(step, loss)
        assert Progress.of(json.loads(json.dumps(progress.state(), allow_nan=False))) == progress
