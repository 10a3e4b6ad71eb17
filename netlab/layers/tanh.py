"""Tanh: squash every number between −1 and 1."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Tanh(Layer):
    """Hyperbolic tangent: y = tanh(x), between −1 and 1.

    Shapes: x (…) → y (…), element by element.
    """

    category = "Activation"
    needs = "output"
    key = "tanh"
    aliases = ("activation", "hyperbolic tangent", "squash")
    paper = ""
    torch_name = "torch.tanh"
    x = Input("Any shape.")
    y = Output("The same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Tanh")

    def code(self, x: Shape) -> Code:
        return Code(forward="torch.tanh({x})")

    cases = [Case(x="B 128", y="B 128"), Case(x="B T 64", y="B T 64"), Case(x="int B T", error="Embedding")]
