"""Leaky ReLU: a rectifier that lets a little of the negative side through."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Float


class LeakyReLU(Layer):
    """Leaky rectifier: y = x if x > 0, else negative_slope · x.

    Shapes: x (…) → y (…), element by element. The small slope keeps a gradient where ReLU has
    none, so that no unit goes dead.
    """

    label = "Leaky ReLU"
    category = "Activation"
    key = "leaky_relu"
    aliases = ("activation", "rectifier", "dead relu", "nonlinearity")
    paper = "Maas, Hannun and Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models"
    torch_name = "torch.nn.functional.leaky_relu"
    x = Input("Any shape.")
    y = Output("The same shape.")
    negative_slope = Float(0.01, min=0.0, max=1.0, help="Slope where x is negative; 0 is ReLU.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Leaky ReLU")

    def code(self, x: Shape) -> Code:
        more = "" if self.negative_slope == 0.01 else f", negative_slope={self.negative_slope}"
        return Code(forward=f"F.leaky_relu({{x}}{more})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", negative_slope=0.2, y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
