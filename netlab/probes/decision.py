"""Decision: how the model divides the plane of two inputs."""

from netlab.probes.probe import SURFACE, Probe, Seen, array
from netlab.protocol.summaries import Points


class Decision(Probe):
    """The model's answer on a grid over the plane, with the data on top; for models that read 2-D points."""

    title = "Watch decision"
    reads = SURFACE
    fits = ("output",)

    def summarise(self, seen: Seen) -> Points:
        a = seen.arrays
        return Points(array(a["grid"], "<f2"), seen.extent, array(a["points"]), array(a["labels"], "<i4"))
