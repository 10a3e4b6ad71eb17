"""GELU: a smooth gate, usual in Transformers."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Choice


class GELU(Layer):
    """Gaussian error linear unit: y = x · Φ(x), Φ the normal distribution function.

    Shapes: x (…) → y (…), element by element.
    """

    category = "Activation"
    key = "gelu"
    aliases = ("activation", "gaussian")
    paper = "Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415"
    torch_name = "torch.nn.functional.gelu"
    x = Input("Any shape.")
    y = Output("The same shape.")
    approximate = Choice("none", ("none", "tanh"), help="Exact, or the formula with tanh that GPT-2 was trained with.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("GELU")

    def code(self, x: Shape) -> Code:
        more = "" if self.approximate == "none" else f', approximate="{self.approximate}"'
        return Code(forward=f"F.gelu({{x}}{more})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B 128", approximate="tanh", y="B 128"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
