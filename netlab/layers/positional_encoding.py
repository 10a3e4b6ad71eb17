"""PositionalEncoding: tell every position where it stands."""

from netlab.layers._positions import need_length
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Int


class PositionalEncoding(Layer):
    """Adds sines and cosines of the position: PE(t, 2i) = sin(t / 10000^(2i/d)), PE(t, 2i+1) = cos(t / 10000^(2i/d)).

    Shapes: x (B, T, d) → y (B, T, d), for T up to max_len.
    """

    label = "Positional encoding"
    category = "Sequence"
    needs = "nothing"
    aliases = ("sinusoidal", "position", "sine", "transformer")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    x = Input("Vectors in a sequence: B × T × d.")
    y = Output("The same with the position added.")
    max_len = Int(1024, min=1, max=1048576, unit="steps", help="The longest sequence that can come.")

    def shapes(self, x: Shape) -> Shape:
        return need_length(x, self.max_len, "Positional encoding")

    def code(self, x: Shape) -> Code:
        return Code(
            init=f"SinusoidalPositionalEncoding({x.last}, max_len={self.max_len})",
            imports=("from netlab.nn.positional import SinusoidalPositionalEncoding",),
        )

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T=16 7", max_len=16, y="B T=16 7"),
        Case(x="B T=32 8", max_len=16, error="Set max_len to 32"),
    ]
