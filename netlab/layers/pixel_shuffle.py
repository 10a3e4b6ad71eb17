"""PixelShuffle: trade channels for a larger image."""

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import need_image
from netlab.options import Int


class PixelShuffle(Layer):
    """Lays r² channels out as blocks of r × r pixels: y[c, r·h + i, r·w + j] = x[c·r² + r·i + j, h, w].

    Shapes: x (B, C, H, W) → y (B, C / r², H·r, W·r) with r = upscale_factor.
    After a convolution it makes large images cheaply.
    """

    category = "Convolution"
    needs = "nothing"
    aliases = ("subpixel convolution", "super-resolution", "depth to space", "upsampling", "enlarge")
    paper = "Shi et al. 2016, https://arxiv.org/abs/1609.05158"
    torch_name = "torch.nn.PixelShuffle"
    x = Input("Feature maps: B × C × H × W; upscale_factor² divides C.")
    y = Output("Larger images with fewer channels.")
    upscale_factor = Int(2, min=1, max=64, help="How many times higher and wider.")

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "PixelShuffle")
        channels, factor = x.size(1), self.upscale_factor
        if channels % factor**2:
            fitting = max(n for n in range(1, factor) if channels % n**2 == 0)
            more = -(-channels // factor**2) * factor**2
            message = tr(
                "PixelShuffle by {factor} wants channels in packs of {pack} but gets {channels}. "
                "Make {more} channels before it, or set upscale_factor to {fitting}.",
                factor=factor,
                pack=factor**2,
                channels=channels,
                more=more,
                fitting=fitting,
            )
            raise ShapeError(message, port="x", fixes=(set_option("upscale_factor", fitting),))
        x = x.replace(1, channels // factor**2, "C")
        return x.replace(2, x.size(2) * factor, "H").replace(3, x.size(3) * factor, "W")

    def code(self, x: Shape) -> Code:
        return Code(forward=f"F.pixel_shuffle({{x}}, {self.upscale_factor})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 0

    cases = [
        Case(x="B C=8 H=4 W=5", y="B C=2 H=8 W=10"),
        Case(x="B C=9 H=4 W=5", upscale_factor=3, y="B C=1 H=12 W=15"),
        Case(x="B C=12 H=4 W=5", upscale_factor=3, error="Make 18 channels before it, or set upscale_factor to 2"),
        Case(x="B C=3 H=4 W=5", error="packs of 4"),
        Case(x="B 784", error="wants an image"),
    ]
