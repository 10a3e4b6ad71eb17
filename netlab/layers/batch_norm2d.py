"""BatchNorm2d: every channel gets mean 0 and variance 1 over the batch."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.layers.shape import need_image
from netlab.options import Bool, Float


class BatchNorm2d(Layer):
    """Normalisation of each channel over batch and image: y = γ (x − μ) / √(σ² + ε) + β.

    Shapes: x (B, C, H, W) → y (B, C, H, W). Running means are used when the model is evaluated.
    """

    category = "Normalisation"
    aliases = ("norm", "batch normalization", "batchnorm")
    paper = "Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167"
    torch_name = "torch.nn.BatchNorm2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("The same shape.")
    eps = Float(1e-5, min=1e-12, max=1.0, log=True, help="ε, keeps the division safe.")
    momentum = Float(0.1, min=0.0, max=1.0, help="Share of the newest batch in the running means.")
    affine = Bool(True, help="Learn a scale γ and an offset β.")

    def shapes(self, x: Shape) -> Shape:
        return need_image(x, "BatchNorm2d")

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (x.size(1),), "bias": (x.size(1),)} if self.affine else {}

    def code(self, x: Shape) -> Code:
        more = "" if self.eps == 1e-5 else f", eps={self.eps}"
        more += "" if self.momentum == 0.1 else f", momentum={self.momentum}"
        more += "" if self.affine else ", affine=False"
        return Code(init=f"nn.BatchNorm2d({x.size(1)}{more})")

    cases = [
        Case(x="B C=16 H=8 W=8", y="B C=16 H=8 W=8"),
        Case(x="B C=4 H=8 W=8", affine=False, y="B C=4 H=8 W=8"),
        Case(x="B 784", error="axes"),
    ]
