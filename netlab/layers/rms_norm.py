"""RMSNorm: every vector is scaled to a root mean square of 1, then by a learned weight."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Bool, Float


class RMSNorm(Layer):
    """Normalisation of each vector along the last axis, without its mean: y = γ x / √(mean(x²) + ε).

    Shapes: x (…, d) → y (…, d). Cheaper than layer norm and usual in large language models.
    """

    category = "Normalisation"
    aliases = ("norm", "root mean square", "rms normalization", "llama")
    paper = "Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467"
    torch_name = "torch.nn.RMSNorm"
    x = Input("Any shape whose last axis is fixed.")
    y = Output("The same shape.")
    eps = Float(1e-6, min=1e-12, max=1.0, log=True, help="ε, keeps the division safe.")
    affine = Bool(True, help="Learn a scale γ.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("RMSNorm").replace_last(x.last)

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (x.last,)} if self.affine else {}

    def code(self, x: Shape) -> Code:
        affine = "" if self.affine else ", elementwise_affine=False"
        return Code(init=f"nn.RMSNorm({x.last}, eps={self.eps}{affine})")

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B 32", affine=False, eps=0.001, y="B 32"),
        Case(x="int B T", error="Embedding"),
        Case(x="B T", error="has to be known"),
    ]
