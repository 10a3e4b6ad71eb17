"""AvgPool3d: the mean of every small block."""

from netlab.language import tr
from netlab.layers._pooling import Pool
from netlab.layers._sliding import times
from netlab.layers.layer import Case, Input, Output, Shape, ShapeError
from netlab.options import Size


class AvgPool3d(Pool):
    """Mean of each window, so that a volume shrinks smoothly: y[p] = mean x[window of p].

    Shapes: x (B, C, D, H, W) → y (B, C, ⌊(D + 2·padding − kernel) / stride⌋ + 1, …, …).
    """

    category = "Pooling"
    aliases = ("pooling", "average pool", "mean pool", "downsample", "volume", "video")
    torch_name = "torch.nn.AvgPool3d"
    function = "avg_pool3d"
    dims = 3
    x = Input("Volumes: B × C × D × H × W.")
    y = Output("Smaller volumes.")
    kernel_size = Size((2, 2, 2), min=1, max=1024, unit="voxels", help="Depth, height and width of a window.")
    stride = Size((2, 2, 2), min=1, max=1024, unit="voxels", help="How far the window moves at a time.")
    padding = Size((0, 0, 0), min=0, max=512, unit="voxels", help="Zeros added on each side, counted in the mean.")

    def shapes(self, x: Shape) -> Shape:
        y = super().shapes(x)
        sizes = [x.size(i) for i in (2, 3, 4)]
        fitting = [min(pair) for pair in zip(self.kernel_size, sizes, strict=True)]
        if fitting != [*self.kernel_size]:  # unlike its siblings, torch's avg_pool3d does not count the padding here
            message = tr(
                "The window is {window} but the volume only {volume}, and AvgPool3d wants it to "
                "fit without padding. Use a smaller kernel_size and padding.",
                window=times(self.kernel_size),
                volume=times(sizes),
            )
            fits = all(2 * p <= k for p, k in zip(self.padding, fitting, strict=True))
            raise ShapeError(message, port="x", fixes=self.set_to("kernel_size", fitting) if fits else ())
        return y

    cases = [
        Case(x="B C=3 D=8 H=8 W=8", y="B C=3 D=4 H=4 W=4"),
        Case(x="B C=3 D=8 H=7 W=5", kernel_size=[1, 3, 2], stride=[1, 2, 2], padding=[0, 1, 0], y="B C=3 D=8 H=4 W=2"),
        Case(x="B C=3 D=1 H=8 W=8", error="smaller kernel_size"),
        Case(x="B C=3 D=8 H=8 W=8", padding=[2, 1, 0], error="Set padding to 1 × 1 × 0"),
        Case(x="B C=3 D=2 H=8 W=8", kernel_size=[3, 3, 3], padding=[1, 1, 1], error="fit without padding"),
        Case(x="B C=3 H=8 W=8", error="wants a volume"),
    ]
