"""Stack: put equal values side by side along a new axis."""

from netlab.layers._axes import axis_index, insert_axis
from netlab.layers._merging import need_equal, wired
from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape
from netlab.layers.shape import Axis
from netlab.options import Int


class Stack(Rearranging):
    """Two to four equal values side by side along a new axis: y[i] is a, b, c or d.

    Shapes: a (B, d), b (B, d) → y (B, 2, d) with axis 1. It makes a short sequence of vectors, e.g. for attention
    over several branches.
    """

    category = "Merge"
    passes_gradient = True
    aliases = ("new axis", "side by side", "bundle", "collect branches")
    torch_name = "torch.stack"
    a = Input("The first value.")
    b = Input("The second, of the same shape.")
    c = Input("A third, if wanted.", optional=True)
    d = Input("A fourth, if wanted.", optional=True)
    y = Output("All of them, with a new axis that counts them.")
    axis = Int(1, min=-8, max=8, help="Where the new axis stands: 1 is right after the batch, −1 is last.")

    def shapes(self, a: Shape, b: Shape, c: Shape | None = None, d: Shape | None = None) -> Shape:
        given = wired(a=a, b=b, c=c, d=d)
        need_equal("Stack", given, numbers=False)
        return insert_axis(a, axis_index(a, self.axis, "Stack", new=1, port="a"), Axis("n", len(given)))

    def code(self, a: Shape, b: Shape, c: Shape | None = None, d: Shape | None = None) -> Code:
        parts = ", ".join(f"{{{port}}}" for port in wired(a=a, b=b, c=c, d=d))
        return Code(forward=f"torch.stack(({parts}), dim={self.axis})")

    cases = [
        Case(a="B 64", b="B 64", y="B 2 64"),
        Case(a="B T 8", b="B T 8", c="B T 8", d="B T 8", axis=-1, y="B T 8 4"),
        Case(a="int B", b="int B", y="int B 2"),
        Case(a="B 64", b="B 32", error="64 outputs"),
        Case(a="B 64", b="int B 64", error="one kind"),
        Case(a="B 64", b="B 64", axis=0, error="batch"),
    ]
