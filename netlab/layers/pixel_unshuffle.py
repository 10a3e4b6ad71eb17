"""PixelUnshuffle: trade a large image for more channels."""

from netlab.language import tr
from netlab.layers._fixes import insert, set_option
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import need_image
from netlab.options import Int


class PixelUnshuffle(Layer):
    """Stacks blocks of r × r pixels as r² channels: y[c·r² + r·i + j, h, w] = x[c, r·h + i, r·w + j].

    Shapes: x (B, C, H, W) → y (B, C·r², H / r, W / r) with r = downscale_factor.
    Makes an image smaller without losing anything; PixelShuffle undoes it.
    """

    category = "Convolution"
    needs = "nothing"
    aliases = ("space to depth", "downsampling", "super-resolution", "shrink")
    paper = "Shi et al. 2016, https://arxiv.org/abs/1609.05158"
    torch_name = "torch.nn.PixelUnshuffle"
    x = Input("Images: B × C × H × W; downscale_factor divides H and W.")
    y = Output("Smaller images with more channels.")
    downscale_factor = Int(2, min=1, max=64, help="How many times lower and narrower.")

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "PixelUnshuffle")
        height, width, factor = x.size(2), x.size(3), self.downscale_factor
        if height % factor or width % factor:
            fitting = max(n for n in range(1, factor) if height % n == 0 and width % n == 0)
            message = tr(
                "PixelUnshuffle by {factor} cannot cut {height} × {width} pixels into blocks evenly. "
                "Set downscale_factor to {fitting}, or put Pad image before it.",
                factor=factor,
                height=height,
                width=width,
                fitting=fitting,
            )
            pad = insert("zero_pad2d", "Pad image", padding=[0, -width % factor, 0, -height % factor])
            raise ShapeError(message, port="x", fixes=(set_option("downscale_factor", fitting), pad))
        x = x.replace(1, x.size(1) * factor**2, "C")
        return x.replace(2, height // factor, "H").replace(3, width // factor, "W")

    def code(self, x: Shape) -> Code:
        return Code(forward=f"F.pixel_unshuffle({{x}}, {self.downscale_factor})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 0

    cases = [
        Case(x="B C=2 H=8 W=10", y="B C=8 H=4 W=5"),
        Case(x="B C=1 H=12 W=15", downscale_factor=3, y="B C=9 H=4 W=5"),
        Case(x="B C=3 H=12 W=8", downscale_factor=3, error="Set downscale_factor to 2"),
        Case(x="B 784", error="wants an image"),
    ]
