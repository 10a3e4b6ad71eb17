"""AdaptiveAvgPool2d: means over an even grid, whatever the size of the image."""

from netlab.layers._pooling import AdaptivePool2d
from netlab.layers.layer import Case, Input, Output
from netlab.options import Size


class AdaptiveAvgPool2d(AdaptivePool2d):
    """Mean of each cell of a grid with output_size cells laid over the image: y[p] = mean x[cell p].

    Shapes: x (B, C, H, W) → y (B, C, *output_size).
    Before a Linear it makes a model independent of the size of its images.
    """

    category = "Pooling"
    aliases = ("pooling", "average pool", "mean pool", "any image size", "resnet head")
    torch_name = "torch.nn.AdaptiveAvgPool2d"
    function = "adaptive_avg_pool2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("Feature maps of the wanted size.")
    output_size = Size((1, 1), min=1, max=1024, unit="cells", help="Height and width of the output.")

    cases = [
        Case(x="B C=6 H=28 W=28", y="B C=6 H=1 W=1"),
        Case(x="B C=6 H=7 W=8", output_size=[3, 4], y="B C=6 H=3 W=4"),
        Case(x="B C=6 H=2 W=2", output_size=[3, 3], y="B C=6 H=3 W=3"),
        Case(x="B 784", error="wants an image"),
    ]
