"""Feature maps: what every filter of a convolution makes of one image."""

from netlab.options import Int
from netlab.probes.probe import OUTPUT, Probe, Seen, array
from netlab.protocol.summaries import FeatureMaps as FeatureMapsSummary


class FeatureMaps(Probe):
    """The output channels of a convolution, or what comes of them later, for one image of the validation data."""

    title = "Watch feature maps"
    reads = OUTPUT
    fits = (
        "conv2d", "conv_transpose2d", "depthwise_conv2d", "separable_conv2d", "batch_norm2d", "instance_norm2d",
        "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "upsample", "pixel_shuffle", "zero_pad2d", "reshape",
    )  # fmt: skip
    seconds = 0.5
    channels = Int(64, min=1, max=1024, unit="channels", help="At most so many maps are kept.")

    def summarise(self, seen: Seen) -> FeatureMapsSummary:
        maps = seen.arrays["y"]
        maps = maps.reshape((1,) * max(3 - maps.ndim, 0) + maps.shape)  # a row or a plane is one map
        return FeatureMapsSummary(array(maps[: self.channels], "<f2"), seen.caption)
