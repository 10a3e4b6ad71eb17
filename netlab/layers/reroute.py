"""Reroute: a dot that leads a wire around."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Reroute(Layer):
    """A bend in a wire: y = x. It tidies the picture and is nothing in the model.

    Shapes: x (…) → y (…).
    """

    category = "Shape"
    role = "passage"
    needs = "view"
    aliases = ("dot", "bend", "knot", "relay", "identity", "tidy wires")
    torch_name = ""
    x = Input("Anything.")
    y = Output("The same.")

    def shapes(self, x: Shape) -> Shape:
        return x

    def code(self, x: Shape) -> Code:
        return Code(forward="{x}")

    cases = [Case(x="B 3", y="B 3"), Case(x="int B T", y="int B T")]
