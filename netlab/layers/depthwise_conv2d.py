"""DepthwiseConv2d: every channel of an image gets a filter of its own."""

from netlab.layers._convolution import Convolution
from netlab.layers.layer import Case, Input, Output, Shape
from netlab.options import Bool, Int, Size


class DepthwiseConv2d(Convolution):
    """Convolution without mixing of channels: y[c·multiplier + m] = b[c, m] + w[c, m] ⋆ x[c].

    Shapes: x (B, C, H, W) → y (B, C·multiplier, H′, W′) with
    H′ = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    Cheap; a 1 × 1 Conv2d after it mixes the channels.
    """

    category = "Convolution"
    aliases = ("depthwise convolution", "channelwise", "mobilenet", "convnext", "efficient")
    paper = "Howard et al. 2017, https://arxiv.org/abs/1704.04861"
    torch_name = "torch.nn.Conv2d"
    x = Input("Images: B × C × H × W.")
    y = Output("Feature maps: B × C·multiplier × H′ × W′.")
    multiplier = Int(1, min=1, max=1024, unit="filters", help="How many filters every channel gets.")
    kernel_size = Size((3, 3), min=1, max=1024, unit="pixels", help="Height and width of a filter.")
    stride = Size((1, 1), min=1, max=1024, unit="pixels", help="How far the filter moves at a time.")
    padding = Size((0, 0), min=0, max=1024, unit="pixels", help="Zeros added on each side.")
    bias = Bool(True, help="Add a learned offset to every feature map.")
    dilation = Size((1, 1), min=1, max=1024, unit="pixels", help="Distance between the points that a filter reads.")

    def width(self, x: Shape) -> int:
        return x.size(1) * self.multiplier

    def parts(self, x: Shape) -> int:
        return x.size(1)

    cases = [
        Case(x="B C=3 H=8 W=8", y="B C=3 H=6 W=6"),
        Case(
            x="B C=3 H=9 W=8",
            multiplier=2,
            kernel_size=[5, 3],
            stride=[2, 1],
            padding=[2, 2],
            dilation=[1, 2],
            bias=False,
            y="B C=6 H=5 W=8",
        ),
        Case(x="B C=1 H=8 W=8", multiplier=4, y="B C=4 H=6 W=6"),
        Case(x="B C=3 H=2 W=8", error="more padding"),
        Case(x="B 784", error="axes"),
    ]
