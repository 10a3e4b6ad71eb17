"""Hardswish: a cheap piecewise version of SiLU for small devices."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Hardswish(Layer):
    """Gate made of straight lines: y = x · min(max(x + 3, 0), 6) / 6.

    Shapes: x (…) → y (…), element by element.
    """

    category = "Activation"
    aliases = ("hard swish", "mobilenet", "mobile", "activation")
    paper = "Howard et al. 2019, https://arxiv.org/abs/1905.02244"
    torch_name = "torch.nn.functional.hardswish"
    x = Input("Any shape.")
    y = Output("The same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Hardswish")

    def code(self, x: Shape) -> Code:
        return Code(forward="F.hardswish({x})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
