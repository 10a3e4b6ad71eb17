"""SiLU: the input, gated by its own sigmoid."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class SiLU(Layer):
    """Sigmoid linear unit, also called Swish: y = x · σ(x) = x / (1 + exp(−x)).

    Shapes: x (…) → y (…), element by element.
    """

    category = "Activation"
    key = "silu"
    aliases = ("swish", "activation", "gate", "nonlinearity")
    paper = "Elfwing, Uchibe and Doya 2017, https://arxiv.org/abs/1702.03118"
    torch_name = "torch.nn.functional.silu"
    x = Input("Any shape.")
    y = Output("The same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("SiLU")

    def code(self, x: Shape) -> Code:
        return Code(forward="F.silu({x})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
