"""LocalAttention: every position looks at its neighbours only."""

from netlab.layers._attention import SelfAttention
from netlab.layers.layer import Case, Code, Shape
from netlab.options import Int


class LocalAttention(SelfAttention):
    """Multi-head self-attention within a window: softmax over |i − j| ≤ window of Q Kᵀ / √d_head, times V.

    Shapes: x (B, T, d_model) → y (B, T, d_model). For long sequences in which what matters is near; several of them
    see further, like stacked convolutions.
    """

    label = "Local attention"
    aliases = ("sliding window", "windowed", "longformer", "mistral", "neighbourhood", "self-attention")
    paper = "Beltagy et al. 2020, https://arxiv.org/abs/2004.05150"
    torch_name = "torch.nn.functional.scaled_dot_product_attention"
    window = Int(8, min=0, max=1048576, unit="steps", help="How far to each side a position sees.")

    def code(self, x: Shape, mask: Shape | None) -> Code:
        return self.made_by("self_attention", "LocalAttention", x, mask, f", {self.window}")

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T 12", num_heads=3, window=2, causal=True, dropout=0.1, bias=False, y="B T 12"),
        Case(x="B T 8", mask="bool B 1 1 T", y="B T 8"),
        Case(x="B T 10", error="Use 2 heads"),
        Case(x="B 64", error="wants a sequence"),
    ]
