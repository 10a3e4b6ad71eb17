"""CausalMask: nobody looks into the future."""

from netlab.layers._masks import positions_mask
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes


class CausalMask(Layer):
    """Mask of the past: y[i, j] is true where j ≤ i, so that a position sees itself and what came before.

    Shapes: x (B, T, d) or token ids (B, T) → y (T, T), bool. For the mask port of attention; a model that predicts the
    next token needs it. Attention layers also have a switch for it.
    """

    label = "Causal mask"
    category = "Attention"
    needs = "nothing"
    stops_gradient = True
    aliases = ("autoregressive", "triangular", "look-ahead", "future", "decoder", "tril")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    torch_name = "torch.tril"
    x = Input("The sequence it is for: B × T × d, or token ids, B × T. Only its length counts.")
    y = Output("True where a position may look: T × T.")

    def shapes(self, x: Shape) -> Shape:
        return positions_mask(x, "Causal mask")

    def code(self, x: Shape) -> Code:
        length = "{x}.shape[1]"
        return Code(forward=f"torch.ones({length}, {length}, dtype=torch.bool, device={{x}}.device).tril()")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 0

    cases = [
        Case(x="B T 64", y="bool T T"),
        Case(x="int B T=6", y="bool T=6 T=6"),
        Case(x="B 64", error="wants a sequence"),
    ]
