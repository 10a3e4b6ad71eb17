"""Upsample: make an image larger by a whole factor."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.layers.shape import need_image
from netlab.options import Choice, Int

OPERATIONS = {"nearest": 0, "bilinear": 7, "bicubic": 31}  # per pixel: weighted sum of 4 or 16 neighbours


class Upsample(Layer):
    """Larger images by repeating or blending pixels: y[p] = x[p / scale_factor], between pixels by `mode`.

    Shapes: x (B, C, H, W) → y (B, C, H·scale_factor, W·scale_factor).
    Nothing is learned; a convolution after it makes a decoder without a chequered pattern.
    """

    category = "Convolution"
    needs = "nothing"
    aliases = ("interpolate", "resize", "enlarge", "decoder", "unet", "bilinear", "bicubic")
    torch_name = "torch.nn.Upsample"
    x = Input("Images: B × C × H × W.")
    y = Output("Larger images.")
    scale_factor = Int(2, min=1, max=64, help="How many times higher and wider.")
    mode = Choice("nearest", tuple(OPERATIONS), help="Repeat pixels, or blend 4 (bilinear) or 16 (bicubic) of them.")

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "Upsample")
        return x.replace(2, x.size(2) * self.scale_factor, "H").replace(3, x.size(3) * self.scale_factor, "W")

    def code(self, x: Shape) -> Code:
        mode = "" if self.mode == "nearest" else f', mode="{self.mode}"'
        return Code(forward=f"F.interpolate({{x}}, scale_factor={self.scale_factor}{mode})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return outputs["y"].elements() * OPERATIONS[self.mode]

    cases = [
        Case(x="B C=3 H=8 W=6", y="B C=3 H=16 W=12"),
        Case(x="B C=3 H=8 W=6", scale_factor=3, mode="bilinear", y="B C=3 H=24 W=18"),
        Case(x="B C=3 H=8 W=6", mode="bicubic", y="B C=3 H=16 W=12"),
        Case(x="B 784", error="wants an image"),
    ]
