"""BlockOutput: where a value leaves a block."""

from netlab.layers.layer import Case, Code, Input, Layer, Shape


class BlockOutput(Layer):
    """A port of the block it lies in, seen from inside; its name is the name of the port.

    Shapes: x (…) leaves as it is.
    """

    label = "Block output"
    category = "Data"
    role = "block_output"
    needs = "nothing"
    passes_gradient = True
    aliases = ("port", "result", "state", "block")
    x = Input("What leaves.")

    def shapes(self, x: Shape) -> dict[str, Shape]:
        return {}

    def code(self, x: Shape) -> Code:
        return Code(forward="{x}")

    cases = [Case(x="B 10"), Case(x="B T 64")]
