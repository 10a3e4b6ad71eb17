"""MaxPool3d: keep the largest value of every small block."""

from netlab.layers._pooling import MaxPool
from netlab.layers.layer import Case, Input, Output
from netlab.options import Size


class MaxPool3d(MaxPool):
    """Largest value of each window, so that a volume shrinks: y[p] = max x[window of p].

    Shapes: x (B, C, D, H, W) → y (B, C, ⌊(D + 2·padding − kernel) / stride⌋ + 1, …, …).
    """

    category = "Pooling"
    aliases = ("pooling", "max pool", "downsample", "volume", "video")
    torch_name = "torch.nn.MaxPool3d"
    function = "max_pool3d"
    dims = 3
    x = Input("Volumes: B × C × D × H × W.")
    y = Output("Smaller volumes.")
    kernel_size = Size((2, 2, 2), min=1, max=1024, unit="voxels", help="Depth, height and width of a window.")
    stride = Size((2, 2, 2), min=1, max=1024, unit="voxels", help="How far the window moves at a time.")
    padding = Size((0, 0, 0), min=0, max=512, unit="voxels", help="Border added on each side; it never wins.")

    cases = [
        Case(x="B C=3 D=8 H=8 W=8", y="B C=3 D=4 H=4 W=4"),
        Case(x="B C=3 D=8 H=7 W=5", kernel_size=[1, 3, 2], stride=[1, 2, 2], padding=[0, 1, 0], y="B C=3 D=8 H=4 W=2"),
        Case(x="B C=3 D=1 H=8 W=8", error="smaller kernel_size"),
        Case(x="B C=3 D=8 H=8 W=8", padding=[2, 1, 0], error="Set padding to 1 × 1 × 0"),
        Case(x="B C=3 H=8 W=8", error="wants a volume"),
    ]
