"""Softplus: a smooth rectifier whose output is always positive."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Float


class Softplus(Layer):
    """Smooth version of the rectifier: y = ln(1 + exp(beta · x)) / beta.

    Shapes: x (…) → y (…), element by element. Use it where a number has to be positive,
    such as a variance or a rate.
    """

    category = "Activation"
    aliases = ("smooth relu", "positive", "activation", "variance")
    paper = "Dugas et al. 2000, Incorporating Second-Order Functional Knowledge for Better Option Pricing"
    torch_name = "torch.nn.functional.softplus"
    x = Input("Any shape.")
    y = Output("The same shape.")
    beta = Float(1.0, min=0.001, max=1000.0, log=True, help="How sharp the bend is; a large one is close to ReLU.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Softplus")

    def code(self, x: Shape) -> Code:
        more = "" if self.beta == 1.0 else f", beta={self.beta}"
        return Code(forward=f"F.softplus({{x}}{more})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", beta=2.0, y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
