"""LayerNorm: every vector gets mean 0 and variance 1, then a learned scale and offset."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Bool, Float


class LayerNorm(Layer):
    """Normalisation of each vector along the last axis: y = γ (x − μ) / √(σ² + ε) + β.

    Shapes: x (…, d) → y (…, d).
    """

    category = "Normalisation"
    aliases = ("norm", "layer normalization", "layernorm")
    paper = "Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450"
    torch_name = "torch.nn.LayerNorm"
    x = Input("Any shape whose last axis is fixed.")
    y = Output("The same shape.")
    eps = Float(1e-5, min=1e-12, max=1.0, log=True, help="ε, keeps the division safe.")
    affine = Bool(True, help="Learn a scale γ and an offset β.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("LayerNorm").replace_last(x.last)

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (x.last,), "bias": (x.last,)} if self.affine else {}

    def code(self, x: Shape) -> Code:
        eps = "" if self.eps == 1e-5 else f", eps={self.eps}"
        affine = "" if self.affine else ", elementwise_affine=False"
        return Code(init=f"nn.LayerNorm({x.last}{eps}{affine})")

    cases = [Case(x="B T 64", y="B T 64"), Case(x="B 32", affine=False, y="B 32"), Case(x="int B T", error="Embedding")]
