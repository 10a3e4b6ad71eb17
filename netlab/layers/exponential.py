"""Exponential: e to the power of x."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Exponential(Layer):
    """Exponential function, element by element: y = eˣ.

    Shapes: x (…) → y (…). It makes any number positive, e.g. a logarithm of a variance the variance; put a Clamp
    before it where x can grow beyond 80.
    """

    label = "Exp"
    category = "Basic"
    needs = "output"
    aliases = ("exponential", "e to the x", "log to linear", "positive")
    torch_name = "torch.exp"
    x = Input("Any numbers.")
    y = Output("The same shape, all positive.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Exp")

    def code(self, x: Shape) -> Code:
        return Code(forward="torch.exp({x})")

    cases = [Case(x="B 64", y="B 64"), Case(x="B T 64", y="B T 64"), Case(x="int B T", error="Embedding")]
