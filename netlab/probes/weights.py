"""Weights: how the numbers of a layer are spread."""

from netlab.options import Int
from netlab.probes.probe import WEIGHTS, Probe, Seen
from netlab.protocol.summaries import Histogram

LARGEST = 3.4e38  # of float32; leaves out the infinite and what is not a number


class Weights(Probe):
    """A histogram over all learned numbers of a node."""

    title = "Watch weights"
    reads = WEIGHTS
    fits = ("*",)
    seconds = 1.0
    bins = Int(40, min=2, max=1000, unit="bins", help="How many bars.")

    def summarise(self, seen: Seen) -> Histogram:
        parts = [tensor.ravel() for tensor in seen.arrays.values()]
        parts = [part for part in (p[abs(p) <= LARGEST] for p in parts) if part.size]
        if not parts:  # nothing finite is left
            return Histogram(0.0, 0.0, [0] * self.bins, float("nan"), float("nan"))
        low, high = min(float(p.min()) for p in parts), max(float(p.max()) for p in parts)
        count = sum(p.size for p in parts)
        mean = sum(float(p.sum(dtype="f8")) for p in parts) / count
        variance = sum(float(((p - mean) ** 2).sum(dtype="f8")) for p in parts) / count
        width = (high - low) / self.bins or 1.0
        counts = [0] * self.bins
        for part in parts:
            cells = ((part - low) / width).astype("i8").clip(0, self.bins - 1)
            cells.sort()
            edges = cells.searchsorted(range(self.bins + 1))
            for i in range(self.bins):
                counts[i] += int(edges[i + 1] - edges[i])
        return Histogram(low, high, counts, mean, variance**0.5)
