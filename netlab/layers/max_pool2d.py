"""MaxPool2d: keep the largest value of every small window."""

from netlab.layers._pooling import MaxPool
from netlab.layers.layer import Case, Input, Output
from netlab.options import Size


class MaxPool2d(MaxPool):
    """Largest value of each window, so that an image shrinks and small shifts matter less: y[p] = max x[window of p].

    Shapes: x (B, C, H, W) → y (B, C, ⌊(H + 2·padding − kernel) / stride⌋ + 1, …).
    """

    category = "Pooling"
    aliases = ("pooling", "max pool", "downsample")
    torch_name = "torch.nn.MaxPool2d"
    function = "max_pool2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("Smaller feature maps.")
    kernel_size = Size((2, 2), min=1, max=1024, unit="pixels", help="Height and width of a window.")
    stride = Size((2, 2), min=1, max=1024, unit="pixels", help="How far the window moves at a time.")
    padding = Size((0, 0), min=0, max=512, unit="pixels", help="Border added on each side; it never wins.")

    cases = [
        Case(x="B C=6 H=28 W=28", y="B C=6 H=14 W=14"),
        Case(x="B C=6 H=15 W=7", kernel_size=[3, 3], y="B C=6 H=7 W=3"),
        Case(x="B C=6 H=15 W=7", kernel_size=[3, 2], padding=[1, 0], y="B C=6 H=8 W=3"),
        Case(x="B C=6 H=1 W=7", error="smaller kernel_size"),
        Case(x="B C=6 H=8 W=8", padding=[2, 1], error="Set padding to 1 × 1"),
    ]
