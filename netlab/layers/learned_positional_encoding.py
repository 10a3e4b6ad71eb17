"""LearnedPositionalEncoding: a learned vector tells every position where it stands."""

from netlab.layers._positions import need_length
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Int


class LearnedPositionalEncoding(Layer):
    """Adds a learned vector for every position: y[t] = x[t] + W[t].

    Shapes: x (B, T, d) → y (B, T, d), for T up to max_len. The choice of GPT-2 and BERT; it cannot go beyond max_len.
    """

    label = "Learned positional encoding"
    category = "Sequence"
    needs = "nothing"
    aliases = ("position embedding", "wpe", "gpt", "bert", "absolute position", "transformer")
    paper = "Gehring et al. 2017, https://arxiv.org/abs/1705.03122"
    torch_name = "torch.nn.Embedding"
    x = Input("Vectors in a sequence: B × T × d.")
    y = Output("The same with the position added.")
    max_len = Int(1024, min=1, max=1048576, unit="steps", help="The longest sequence that can come.")

    def shapes(self, x: Shape) -> Shape:
        return need_length(x, self.max_len, "Learned positional encoding")

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.max_len, x.last)}

    def code(self, x: Shape) -> Code:
        more = f", max_len={self.max_len}" if self.max_len != 1024 else ""
        return Code(
            init=f"LearnedPositionalEncoding({x.last}{more})",
            imports=("from netlab.nn.positional import LearnedPositionalEncoding",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return outputs["y"].elements()

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T=16 7", max_len=16, y="B T=16 7"),
        Case(x="B T=32 8", max_len=16, error="Set max_len to 32"),
        Case(x="int B T", error="Embedding"),
    ]
