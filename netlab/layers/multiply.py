"""Multiply: the product of two values, and so a gate."""

from netlab.layers._merging import elementwise
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Multiply(Layer):
    """Product of two values, element by element: y = a ⊙ b.

    Shapes: a (…), b (…) → y (…), axes of size 1 are stretched. With a sigmoid before b it is a gate; with b of
    shape (B, C, 1, 1) it weighs the channels of an image.
    """

    category = "Merge"
    aliases = ("product", "gate", "hadamard", "times", "channel attention")
    torch_name = "torch.mul"
    a = Input("One value.")
    b = Input("The other, of the same shape or one that can be stretched to it.")
    y = Output("The product, of the shape that both have after stretching.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        return elementwise("Multiply", a, b)

    def code(self, a: Shape, b: Shape) -> Code:
        return Code(forward="{a} * {b}")

    cases = [
        Case(a="B T 64", b="B T 64", y="B T 64"),
        Case(a="B C=8 H=4 W=4", b="B C=8 H=1 W=1", y="B C=8 H=4 W=4"),
        Case(a="B T 64", b="64", y="B T 64"),
        Case(a="B 3", b="B 4", error="same size"),
        Case(a="B T 64", b="B 64", error="batch of b would meet"),
        Case(a="B 8", b="B C=8 H=4 W=4", error="batch of a would meet"),
        Case(a="B 8", b="bool B 8", error="mask"),
    ]
