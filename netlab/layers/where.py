"""Where: choose between two values place by place."""

from netlab.layers._masks import need_mask
from netlab.layers._merging import elementwise
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Where(Layer):
    """Takes a where the mask is true and b elsewhere: y = mask ? a : b.

    Shapes: mask (…), a (…), b (…) → y (…), axes of size 1 are stretched.
    """

    category = "Merge"
    needs = "nothing"
    aliases = ("choose", "if", "mask", "switch", "select by mask")
    torch_name = "torch.where"
    mask = Input("True where a is taken.")
    a = Input("The value where the mask is true.")
    b = Input("The value elsewhere.")
    y = Output("The chosen values.")

    def shapes(self, mask: Shape, a: Shape, b: Shape) -> Shape:
        need_mask("Where", mask)
        return elementwise("Where", elementwise("Where", a, b), mask.as_float())

    def code(self, mask: Shape, a: Shape, b: Shape) -> Code:
        return Code(forward="torch.where({mask}, {a}, {b})")

    cases = [
        Case(mask="bool B T 1", a="B T 8", b="B T 8", y="B T 8"),
        Case(mask="bool T T", a="B h=2 T T", b="1", y="B h=2 T T"),
        Case(mask="B 8", a="B 8", b="B 8", error="Compare"),
        Case(mask="bool B 8", a="B 8", b="B 4", error="same size"),
    ]
