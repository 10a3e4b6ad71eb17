"""What the batch norms for vectors and for volumes have in common."""

from netlab.layers.layer import Code, Input, Layer, Output, Shape
from netlab.options import Bool, Float


class BatchNorm(Layer):
    """Normalisation of each channel, the second axis, over the batch and all other axes."""

    category = "Normalisation"
    paper = "Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167"
    x = Input("Numbers with the channels as second axis: B × C × ….")
    y = Output("The same shape.")
    eps = Float(1e-5, min=1e-12, max=1.0, log=True, help="ε, keeps the division safe.")
    momentum = Float(0.1, min=0.0, max=1.0, help="Share of the newest batch in the running means.")
    affine = Bool(True, help="Learn a scale γ and an offset β.")

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (x.size(1),), "bias": (x.size(1),)} if self.affine else {}

    def code(self, x: Shape) -> Code:
        more = "" if self.eps == 1e-5 else f", eps={self.eps}"
        more += "" if self.momentum == 0.1 else f", momentum={self.momentum}"
        more += "" if self.affine else ", affine=False"
        return Code(init=f"nn.{type(self).__name__}({x.size(1)}{more})")
