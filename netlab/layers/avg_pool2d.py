"""AvgPool2d: the mean of every small window."""

from netlab.layers._pooling import Pool
from netlab.layers.layer import Case, Input, Output
from netlab.options import Size


class AvgPool2d(Pool):
    """Mean of each window, so that an image shrinks smoothly: y[p] = mean x[window of p].

    Shapes: x (B, C, H, W) → y (B, C, ⌊(H + 2·padding − kernel) / stride⌋ + 1, …).
    """

    category = "Pooling"
    aliases = ("pooling", "average pool", "mean pool", "downsample", "subsampling")
    torch_name = "torch.nn.AvgPool2d"
    function = "avg_pool2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("Smaller feature maps.")
    kernel_size = Size((2, 2), min=1, max=1024, unit="pixels", help="Height and width of a window.")
    stride = Size((2, 2), min=1, max=1024, unit="pixels", help="How far the window moves at a time.")
    padding = Size((0, 0), min=0, max=512, unit="pixels", help="Zeros added on each side, counted in the mean.")

    cases = [
        Case(x="B C=6 H=28 W=28", y="B C=6 H=14 W=14"),
        Case(x="B C=6 H=15 W=7", kernel_size=[3, 2], stride=[2, 1], padding=[1, 0], y="B C=6 H=8 W=6"),
        Case(x="B C=6 H=1 W=7", error="smaller kernel_size"),
        Case(x="B C=6 H=8 W=8", padding=[2, 1], error="Set padding to 1 × 1"),
        Case(x="B 784", error="axes"),
    ]
