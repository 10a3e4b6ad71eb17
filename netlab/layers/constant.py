"""Constant: numbers that never change."""

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers._tensors import arguments, made
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.options import Choice, Float, Ints

PATTERNS = ("uniform", "range", "lower triangle", "upper triangle")


class Constant(Layer):
    """Numbers that do not learn: y = c. One number everywhere, 0, 1, 2 … along the last axis, or a triangle of ones.

    Shapes: like (B, …) → y (B, *sizes), the same for every sample; with nothing wired to like, y (*sizes). Numbers
    that come with an imported model are kept with its weights and stand in place of the pattern.
    """

    category = "Basic"
    needs = "nothing"
    stops_gradient = True
    aliases = ("number", "buffer", "fixed", "positions", "arange", "ones", "zeros", "triangle", "full")
    torch_name = "torch.full"
    like = Input("Something with a batch, so that every sample gets a copy. Open: no batch axis.", optional=True)
    y = Output("The numbers.")
    sizes = Ints((1,), min=1, help="The size of every axis, without the batch.")
    dtype = Choice("float", ("float", "int", "bool"), help="Numbers, indices, or a mask.")
    pattern = Choice("uniform", PATTERNS, help="One number everywhere, 0, 1, 2 … along the last axis, or a triangle.")
    fill = Float(0.0, min=-1e30, max=1e30, help="The number of the uniform pattern.")

    def shapes(self, like: Shape | None) -> Shape:
        if self.pattern.endswith("triangle") and len(self.sizes) < 2:
            message = tr(
                "A triangle needs two axes, but sizes is {sizes}. Give it a second one.", sizes=list(self.sizes)
            )
            raise ShapeError(message, fixes=(set_option("sizes", [*self.sizes, *self.sizes]),))
        return made(self.sizes, like, self.dtype)

    def code(self, like: Shape | None) -> Code:
        dtype = f'dtype="{self.dtype}"' if self.dtype != "float" else ""
        pattern = f'pattern="{self.pattern}"' if self.pattern != "uniform" else ""
        fill = f"fill={self.fill}" if self.fill and self.pattern == "uniform" else ""
        return Code(
            init=f"Constant({arguments(self.sizes, dtype, pattern, fill)})",
            forward="{self}()" if like is None else "{self}({like})",
            imports=("from netlab.nn.tensors import Constant",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 0

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 0

    cases = [
        Case(y="1"),
        Case(sizes=[3, 4], fill=-2.5, y="3 4"),
        Case(sizes=[16], dtype="int", pattern="range", y="int 16"),
        Case(like="B T 8", sizes=[4, 4], dtype="bool", pattern="lower triangle", y="bool B 4 4"),
        Case(sizes=[4, 4], pattern="upper triangle", y="4 4"),
        Case(sizes=[4], pattern="lower triangle", error="two axes"),
    ]
