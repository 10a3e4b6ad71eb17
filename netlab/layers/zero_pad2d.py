"""ZeroPad2d: put a border around an image."""

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers._sliding import times
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import need_image
from netlab.options import Choice, Size

TORCH_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


class ZeroPad2d(Layer):
    """Border of zeros, or of what the image itself goes on with: y[p] = x[p − (top, left)] inside, border outside.

    Shapes: x (B, C, H, W) → y (B, C, H + top + bottom, W + left + right).
    """

    label = "Pad image"
    category = "Shape"
    aliases = ("padding", "border", "margin", "zero pad", "reflection", "mirror", "replicate", "circular", "wrap")
    torch_name = "torch.nn.functional.pad"
    x = Input("Images: B × C × H × W.")
    y = Output("Images with a border.")
    padding = Size((1, 1, 1, 1), min=0, max=1024, unit="pixels", help="Width of the border: left, right, top, bottom.")
    mode = Choice(
        "zeros",
        tuple(TORCH_MODES),
        help="What the border shows: zeros, a mirror image (reflect), the edge repeated, or the opposite side (circular).",
    )

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "Pad image")
        most = {"reflect": -1, "circular": 0}  # more than this over the size and the image would be used twice
        if self.mode in most:
            sizes = (x.size(3), x.size(3), x.size(2), x.size(2))
            fitting = [min(p, size + most[self.mode]) for p, size in zip(self.padding, sizes, strict=True)]
            if fitting != [*self.padding]:
                message = tr(
                    "{mode} has only {height} × {width} pixels to fill a border of {border} with. "
                    "Use a narrower border or mode replicate.",
                    mode=self.mode.capitalize(),
                    height=x.size(2),
                    width=x.size(3),
                    border=times(self.padding),
                )
                narrow = set_option("padding", fitting, times(fitting))
                raise ShapeError(message, port="x", fixes=(narrow, set_option("mode", "replicate")))
        left, right, top, bottom = self.padding
        return x.replace(2, x.size(2) + top + bottom, "H").replace(3, x.size(3) + left + right, "W")

    def code(self, x: Shape) -> Code:
        mode = "" if self.mode == "zeros" else f', mode="{TORCH_MODES[self.mode]}"'
        return Code(forward=f"F.pad({{x}}, {self.padding}{mode})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 0

    cases = [
        Case(x="B C=3 H=8 W=6", y="B C=3 H=10 W=8"),
        Case(x="B C=3 H=8 W=6", padding=[5, 0, 1, 7], mode="reflect", y="B C=3 H=16 W=11"),
        Case(x="B C=3 H=2 W=2", padding=[5, 0, 1, 2], mode="replicate", y="B C=3 H=5 W=7"),
        Case(x="B C=3 H=2 W=3", padding=[3, 0, 1, 2], mode="circular", y="B C=3 H=5 W=6"),
        Case(x="B C=3 H=8 W=6", padding=[6, 0, 0, 0], mode="reflect", error="narrower border"),
        Case(x="B C=3 H=1 W=3", padding=[1, 1, 2, 0], mode="circular", error="mode replicate"),
        Case(x="B 784", error="wants an image"),
    ]
