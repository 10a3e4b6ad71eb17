"""InstanceNorm2d: every channel of every image gets mean 0 and variance 1 by itself."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import need_image
from netlab.options import Bool, Float


class InstanceNorm2d(Layer):
    """Normalisation of each channel of each image: y = (x − μ) / √(σ² + ε), with a learned γ and β if affine.

    Shapes: x (B, C, H, W) → y (B, C, H, W). Removes the contrast of an image, which style transfer wants.
    """

    category = "Normalisation"
    aliases = ("norm", "instance normalization", "style transfer", "contrast")
    paper = "Ulyanov, Vedaldi and Lempitsky 2016, https://arxiv.org/abs/1607.08022"
    torch_name = "torch.nn.InstanceNorm2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("The same shape.")
    eps = Float(1e-5, min=1e-12, max=1.0, log=True, help="ε, keeps the division safe.")
    affine = Bool(False, help="Learn a scale γ and an offset β for each channel.")

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "InstanceNorm2d")
        if x.size(2) * x.size(3) == 1:
            message = tr(
                "InstanceNorm2d wants more than one pixel in an image but gets {shape}. "
                "Put it before the last pooling.",
                shape=x,
            )
            raise ShapeError(message, port="x")
        return x

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (x.size(1),), "bias": (x.size(1),)} if self.affine else {}

    def code(self, x: Shape) -> Code:
        more = "" if self.eps == 1e-5 else f", eps={self.eps}"
        more += ", affine=True" if self.affine else ""
        return Code(init=f"nn.InstanceNorm2d({x.size(1)}{more})")

    cases = [
        Case(x="B C=16 H=8 W=8", y="B C=16 H=8 W=8"),
        Case(x="B C=3 H=8 W=1", affine=True, eps=0.001, y="B C=3 H=8 W=1"),
        Case(x="B C=3 H=1 W=1", error="pixel"),
        Case(x="B 784", error="axes"),
    ]
