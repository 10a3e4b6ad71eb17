"""Feed-forward: a small network of two layers, the same at every position."""

from netlab.layers._dense import dense_flops, places
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Bool, Choice, Float, Int


class FeedForward(Layer):
    """Position-wise feed-forward network: y = W₂ dropout(f(W₁ x + b₁)) + b₂, with f the activation.

    Shapes: x (…, d) → y (…, d). The second half of a Transformer block; hidden_size is usually 4 d.
    """

    label = "Feed-forward"
    category = "Transformer"
    aliases = ("ffn", "mlp", "position-wise", "transformer", "two-layer")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    torch_name = "torch.nn.TransformerEncoderLayer"
    x = Input("Any shape whose last axis is fixed.")
    y = Output("The same shape.")
    hidden_size = Int(256, min=1, max=1048576, unit="features", help="Width between the two layers.")
    activation = Choice("relu", ("relu", "gelu", "silu"), help="What bends the hidden numbers.")
    dropout = Float(0.0, min=0.0, max=0.99, help="Share of hidden numbers zeroed while training.")
    bias = Bool(True, help="Add learned offsets in both layers.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Feed-forward").replace_last(x.last)

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for name, out, into in (("linear1", self.hidden_size, x.last), ("linear2", x.last, self.hidden_size)):
            found[f"{name}.weight"] = (out, into)
            if self.bias:
                found[f"{name}.bias"] = (out,)
        return found

    def code(self, x: Shape) -> Code:
        more = "" if self.activation == "relu" else f', activation="{self.activation}"'
        more += f", dropout={self.dropout}" if self.dropout else ""
        more += "" if self.bias else ", bias=False"
        return Code(
            init=f"FeedForward({x.last}, {self.hidden_size}{more})",
            imports=("from netlab.nn.feed_forward import FeedForward",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return dense_flops(outputs["y"], weights) + self.hidden_size * places(outputs["y"])

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        hidden = 1 if self.activation == "relu" else 2  # the others need what went into them, too
        hidden += 2 if self.dropout else 0
        return outputs["y"].elements() + hidden * self.hidden_size * places(outputs["y"])

    def passing(self, inputs: Shapes, outputs: Shapes) -> int:
        return 2 * self.hidden_size * places(outputs["y"])  # before and behind the activation

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B 8", hidden_size=12, activation="gelu", dropout=0.1, bias=False, y="B 8"),
        Case(x="B H=4 W=4 8", hidden_size=5, activation="silu", y="B H=4 W=4 8"),
        Case(x="int B T", error="Embedding"),
        Case(x="B T", error="has to be known"),
    ]
