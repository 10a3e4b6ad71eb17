"""InvertMask: true becomes false and false true."""

from netlab.layers._masks import need_mask
from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape


class InvertMask(Rearranging):
    """Turns a mask around: y is true where x is false.

    Shapes: x (…) → y (…), bool. Attention wants true where it may look; Masked fill wants true where it may not.
    """

    label = "Invert mask"
    category = "Attention"
    stops_gradient = True
    aliases = ("not", "negate", "complement", "logical not")
    torch_name = "torch.logical_not"
    x = Input("A mask: true where a query may look.")
    y = Output("True where the mask was false.")

    def shapes(self, x: Shape) -> Shape:
        return need_mask("Invert mask", x, "x")

    def code(self, x: Shape) -> Code:
        return Code(forward="~{x}")

    cases = [Case(x="bool B T", y="bool B T"), Case(x="bool T T", y="bool T T"), Case(x="B T", error="Compare")]
