"""SeparableConv2d: look at each channel by itself, then mix the channels at each place."""

from netlab.layers._convolution import Convolution
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes
from netlab.options import Bool, Int, Size


class SeparableConv2d(Convolution):
    """Depthwise and then pointwise convolution: y[o] = b[o] + Σᵢ p[o, i] · (w[i] ⋆ x[i]).

    Shapes: x (B, C, H, W) → y (B, out_channels, H′, W′) with
    H′ = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    Does much of what Conv2d does with far fewer weights and operations.
    """

    category = "Convolution"
    aliases = ("depthwise separable convolution", "xception", "mobilenet", "efficient", "pointwise")
    paper = "Chollet 2017, https://arxiv.org/abs/1610.02357"
    x = Input("Images: B × C × H × W.")
    y = Output("Feature maps: B × out_channels × H′ × W′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many feature maps it makes.")
    kernel_size = Size((3, 3), min=1, max=1024, unit="pixels", help="Height and width of a filter.")
    stride = Size((1, 1), min=1, max=1024, unit="pixels", help="How far the filter moves at a time.")
    padding = Size((0, 0), min=0, max=1024, unit="pixels", help="Zeros added on each side.")
    bias = Bool(True, help="Add a learned offset to every feature map.")
    dilation = Size((1, 1), min=1, max=1024, unit="pixels", help="Distance between the points that a filter reads.")

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        bias = {"pointwise.bias": (self.out_channels,)} if self.bias else {}
        return {
            "depthwise.weight": (x.size(1), 1, *self.kernel_size),
            "pointwise.weight": (self.out_channels, x.size(1), 1, 1),
            **bias,
        }

    def code(self, x: Shape) -> Code:
        return Code(
            init=f"SeparableConv2d({self.text(x, 'stride', 'padding', 'dilation')})",
            imports=("from netlab.nn.convolution import SeparableConv2d",),
        )

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        x, y = inputs["x"], outputs["y"]
        return y.elements() + x.size(1) * (y.elements() // y.size(1))  # the maps between its two convolutions

    cases = [
        Case(x="B C=3 H=8 W=8", y="B C=16 H=6 W=6"),
        Case(
            x="B C=3 H=9 W=8",
            out_channels=5,
            kernel_size=[5, 3],
            stride=[2, 1],
            padding=[2, 2],
            dilation=[1, 2],
            bias=False,
            y="B C=5 H=5 W=8",
        ),
        Case(x="B C=3 H=2 W=8", error="more padding"),
        Case(x="B 784", error="axes"),
    ]
