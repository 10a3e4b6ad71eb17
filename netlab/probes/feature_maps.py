"""Feature maps: what every filter of a convolution makes of one image."""

from netlab.options import Int
from netlab.probes.probe import OUTPUT, Probe, Seen, array
from netlab.protocol.summaries import FeatureMaps as FeatureMapsSummary


class FeatureMaps(Probe):
    """The output channels of a convolution for one image of the validation data."""

    title = "Watch feature maps"
    reads = OUTPUT
    fits = ("conv2d",)
    seconds = 0.5
    channels = Int(64, min=1, max=1024, unit="channels", help="At most so many maps are kept.")

    def summarise(self, seen: Seen) -> FeatureMapsSummary:
        return FeatureMapsSummary(array(seen.arrays["y"][: self.channels], "<f2"), seen.caption)
