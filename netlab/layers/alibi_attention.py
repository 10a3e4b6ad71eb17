"""ALiBiAttention: the further away, the less it counts."""

from netlab.layers._attention import SelfAttention
from netlab.layers.layer import Case, Code, Shape
from netlab.options import Bool


class ALiBiAttention(SelfAttention):
    """Multi-head self-attention with a penalty for distance: softmax(Q Kᵀ / √d_head − m |i − j|) V, m fixed by head.

    Shapes: x (B, T, d_model) → y (B, T, d_model). Needs no positional encoding, and works on sequences longer than
    those it was trained on.
    """

    key = "alibi_attention"
    label = "ALiBi attention"
    aliases = ("linear bias", "alibi", "extrapolation", "relative position", "self-attention", "causal")
    paper = "Press et al. 2021, https://arxiv.org/abs/2108.12409"
    torch_name = "torch.nn.functional.scaled_dot_product_attention"
    causal = Bool(True, help="Mask the future: a position sees itself and what came before.")

    def code(self, x: Shape, mask: Shape | None) -> Code:
        return self.made_by("self_attention", "ALiBiAttention", x, mask)

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T 12", num_heads=6, causal=False, dropout=0.1, bias=False, y="B T 12"),
        Case(x="B T 8", mask="bool B 1 1 T", y="B T 8"),
        Case(x="B T 10", error="Use 2 heads"),
        Case(x="B C=3 H=8 W=8", error="wants a sequence"),
    ]
