"""RotaryPositionalEncoding: turn every vector by an angle that tells where it stands."""

from netlab.language import tr
from netlab.layers._fixes import insert_linear
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.options import Float


class RotaryPositionalEncoding(Layer):
    """Rotates each pair of features by the position: (x₂ᵢ, x₂ᵢ₊₁) turned by the angle t / base^(2i/d) at step t.

    Shapes: x (B, T, d) or (B, h, T, d) → y of the same shape; d has to be even. Put it on queries and keys, not on
    values: their dot products then depend on distances only.
    """

    label = "Rotary positional encoding"
    category = "Sequence"
    needs = "nothing"
    aliases = ("rope", "roformer", "rotation", "relative position", "llama")
    paper = "Su et al. 2021, https://arxiv.org/abs/2104.09864"
    x = Input("Queries or keys: B × T × d, or B × h × T × d.")
    y = Output("The same, turned by the position.")
    base = Float(10000.0, min=1.0, max=1e9, log=True, help="How slowly the last pair turns; larger for long sequences.")

    def shapes(self, x: Shape) -> Shape:
        x.need_float("Rotary positional encoding").need_rank((3, 4), "Rotary positional encoding")
        if x.last % 2:
            message = tr(
                "Rotary positional encoding turns pairs of features but gets {width}, an odd number. "
                "Make their number even.",
                width=x.last,
            )
            raise ShapeError(message, port="x", fixes=(insert_linear(x.last + 1),))
        return x

    def code(self, x: Shape) -> Code:
        return Code(
            init=f"RotaryPositionalEncoding({'' if self.base == 10000 else f'base={self.base}'})",
            imports=("from netlab.nn.positional import RotaryPositionalEncoding",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 3 * outputs["y"].elements()

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B h=2 T 8", base=500.0, y="B h=2 T 8"),
        Case(x="B T 7", error="even"),
        Case(x="B 8", error="axes"),
        Case(x="int B T", error="Embedding"),
    ]
