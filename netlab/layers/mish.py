"""Mish: a smooth rectifier that dips a little below zero."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Mish(Layer):
    """Self-gated activation: y = x · tanh(ln(1 + exp(x))).

    Shapes: x (…) → y (…), element by element.
    """

    category = "Activation"
    aliases = ("activation", "smooth", "nonlinearity", "yolo")
    paper = "Misra 2019, https://arxiv.org/abs/1908.08681"
    torch_name = "torch.nn.functional.mish"
    x = Input("Any shape.")
    y = Output("The same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Mish")

    def code(self, x: Shape) -> Code:
        return Code(forward="F.mish({x})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
