"""Add: the sum of two values, and so the residual connection."""

from netlab.layers._merging import unequal
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.layers.shape import broadcast


class Add(Layer):
    """Sum of two values, element by element: y = a + b. A wire around some layers into an Add is a residual.

    Shapes: a (…), b (…) → y (…), axes of size 1 are stretched.
    """

    category = "Merge"
    needs = "nothing"
    passes_gradient = True
    aliases = ("residual", "skip", "sum", "plus", "merge")
    paper = "He et al. 2015, https://arxiv.org/abs/1512.03385"
    torch_name = "torch.add"
    a = Input("One value.")
    b = Input("The other, of the same shape or one that can be stretched to it.")
    y = Output("The sum, of the shape that both have after repeating.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        a.need_float("Add", "a")
        b.need_float("Add", "b")

        return broadcast(a, b, lambda why: unequal("Add", a, b, why))

    def code(self, a: Shape, b: Shape) -> Code:
        return Code(forward="{a} + {b}")

    cases = [
        Case(a="B T 64", b="B T 64", y="B T 64"),
        Case(a="B T 64", b="64", y="B T 64"),
        Case(a="B 3", b="B 4", error="same size"),
        Case(a="B T 64", b="B 64", error="same size"),
    ]
