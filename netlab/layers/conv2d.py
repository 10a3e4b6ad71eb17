"""Conv2d: the same small filter looks at every place of an image."""

from netlab.layers._convolution import Convolution
from netlab.layers.layer import Case, Input, Output
from netlab.options import Bool, Int, Size


class Conv2d(Convolution):
    """Convolution of images with learned filters: y[o] = b[o] + Σᵢ w[o, i] ⋆ x[i].

    Shapes: x (B, C, H, W) → y (B, out_channels, H′, W′) with
    H′ = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    Paper: LeCun et al. 1989, "Backpropagation Applied to Handwritten Zip Code Recognition".
    """

    category = "Convolution"
    aliases = ("convolution", "filter", "cnn", "dilated", "atrous", "grouped")
    paper = "LeCun et al. 1989, https://doi.org/10.1162/neco.1989.1.4.541"
    torch_name = "torch.nn.Conv2d"
    x = Input("Images: B × C × H × W.")
    y = Output("Feature maps: B × out_channels × H′ × W′.")
    out_channels = Int(16, min=1, max=65536, unit="channels", help="How many filters, and so feature maps.")
    kernel_size = Size((3, 3), min=1, max=1024, unit="pixels", help="Height and width of a filter.")
    stride = Size((1, 1), min=1, max=1024, unit="pixels", help="How far the filter moves at a time.")
    padding = Size((0, 0), min=0, max=1024, unit="pixels", help="Zeros added on each side.")
    bias = Bool(True, help="Add a learned offset to every feature map.")
    dilation = Size((1, 1), min=1, max=1024, unit="pixels", help="Distance between the points that a filter reads.")
    groups = Int(
        1, min=1, max=65536, help="Groups of channels that do not see each other; divides in and out channels."
    )

    cases = [
        Case(x="B C=1 H=28 W=28", out_channels=6, kernel_size=[5, 5], padding=[2, 2], y="B C=6 H=28 W=28"),
        Case(x="B C=3 H=32 W=16", out_channels=8, stride=[2, 2], bias=False, y="B C=8 H=15 W=7"),
        Case(x="B C=4 H=9 W=8", dilation=[2, 3], padding=[2, 3], groups=4, y="B C=16 H=9 W=8"),
        Case(x="B C=3 H=4 W=4", kernel_size=[5, 5], error="padding"),
        Case(x="B C=3 H=4 W=9", dilation=[2, 4], error="padding"),
        Case(x="B C=6 H=8 W=8", out_channels=8, groups=3, error="Set groups to 2 or out_channels to 9"),
        Case(x="B C=4 H=8 W=8", out_channels=8, groups=3, error="Set groups to 2"),
        Case(x="B 784", error="axes"),
    ]
