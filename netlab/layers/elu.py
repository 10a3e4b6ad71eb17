"""ELU: a rectifier that bends smoothly into a negative limit."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Float


class ELU(Layer):
    """Exponential linear unit: y = x if x > 0, else alpha · (exp(x) − 1).

    Shapes: x (…) → y (…), element by element. Negative outputs bring the mean
    activation close to 0.
    """

    category = "Activation"
    key = "elu"
    aliases = ("activation", "exponential linear unit", "nonlinearity")
    paper = "Clevert, Unterthiner and Hochreiter 2015, https://arxiv.org/abs/1511.07289"
    torch_name = "torch.nn.functional.elu"
    x = Input("Any shape.")
    y = Output("The same shape.")
    alpha = Float(1.0, min=0.0, max=100.0, help="How far below zero the output can fall.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("ELU")

    def code(self, x: Shape) -> Code:
        more = "" if self.alpha == 1.0 else f", alpha={self.alpha}"
        return Code(forward=f"F.elu({{x}}{more})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", alpha=0.5, y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
