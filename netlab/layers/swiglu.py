"""SwiGLU: a feed-forward block in which one projection gates another."""

from netlab.layers._dense import dense_flops, places
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Bool, Int


class SwiGLU(Layer):
    """Gated feed-forward block: y = W₃ (SiLU(W₁ x) ⊙ W₂ x).

    Shapes: x (…, d) → y (…, d). Takes the place of a feed-forward network; with hidden_size 8/3 d it has as many
    weights as one of width 4 d.
    """

    key = "swiglu"
    category = "Activation"
    aliases = ("gate", "gated feed-forward", "ffn", "mlp", "transformer", "llama")
    paper = "Shazeer 2020, https://arxiv.org/abs/2002.05202"
    x = Input("Any shape whose last axis is fixed.")
    y = Output("The same shape.")
    hidden_size = Int(256, min=1, max=1048576, unit="features", help="Width of the two projections in between.")
    bias = Bool(False, help="Add learned offsets in the projections.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("SwiGLU").replace_last(x.last)

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        up, down = (self.hidden_size, x.last), (x.last, self.hidden_size)
        for name, shape in (("w1", up), ("w2", up), ("w3", down)):
            found[f"{name}.weight"] = shape
            if self.bias:
                found[f"{name}.bias"] = shape[:1]
        return found

    def code(self, x: Shape) -> Code:
        more = ", bias=True" if self.bias else ""
        return Code(
            init=f"SwiGLU({x.last}, {self.hidden_size}{more})",
            imports=("from netlab.nn.feed_forward import SwiGLU",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return dense_flops(outputs["y"], weights) + 2 * self.hidden_size * places(outputs["y"])

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        # both projections, the gate and their product
        return outputs["y"].elements() + 4 * self.hidden_size * places(outputs["y"])

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B 8", hidden_size=12, bias=True, y="B 8"),
        Case(x="int B T", error="Embedding"),
        Case(x="B T", error="has to be known"),
    ]
