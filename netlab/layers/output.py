"""Output: what the exported model returns."""

from netlab.layers.layer import Case, Code, Input, Layer, Shape


class Output(Layer):
    """Marks a value as a result of the model. Several outputs are returned as a tuple.

    Shapes: x (…) stays as it is.
    """

    category = "Data"
    needs = "nothing"
    passes_gradient = True
    aliases = ("result", "prediction", "return")
    role = "output"
    x = Input("Any value the model should return.")

    def shapes(self, x: Shape) -> dict[str, Shape]:
        return {}

    def code(self, x: Shape) -> Code:
        return Code(forward="{x}")

    cases = [Case(x="B 10"), Case(x="B T 64")]
