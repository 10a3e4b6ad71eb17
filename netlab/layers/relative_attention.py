"""RelativeAttention: learns how much every distance counts."""

from netlab.language import tr
from netlab.layers._attention import SelfAttention, steps
from netlab.layers._fixes import set_option
from netlab.layers.layer import Case, Code, Shape, ShapeError, Shapes
from netlab.options import Int


class RelativeAttention(SelfAttention):
    """Multi-head self-attention with a learned bias for the distance: softmax(Q Kᵀ / √d_head + b[bucket(j − i)]) V.

    Shapes: x (B, T, d_model) → y (B, T, d_model). Small distances have a bias each, larger ones share one, as in T5.
    Needs no positional encoding.
    """

    label = "Relative attention"
    aliases = ("relative position", "t5", "position bias", "buckets", "self-attention", "shaw")
    paper = "Raffel et al. 2020, https://arxiv.org/abs/1910.10683, after Shaw et al. 2018"
    torch_name = "torch.nn.functional.scaled_dot_product_attention"
    num_buckets = Int(
        32, min=4, max=65536, unit="buckets", help="How many distances, or ranges of them, to tell apart."
    )
    max_distance = Int(128, min=2, max=1048576, unit="steps", help="From here on all distances are the same.")

    def shapes(self, x: Shape, mask: Shape | None) -> Shape:
        y = super().shapes(x, mask)
        exact = self.num_buckets // (2 if self.causal else 4)
        if self.max_distance <= exact:
            wanted = exact + 1
            message = tr(
                "{buckets} buckets reach {exact} steps one by one, but max_distance is {distance}. "
                "Set max_distance to {wanted} or more.",
                buckets=self.num_buckets,
                exact=exact,
                distance=self.max_distance,
                wanted=wanted,
            )
            raise ShapeError(message, port="x", fixes=(set_option("max_distance", wanted),))
        return y

    def weights(self, x: Shape, mask: Shape | None) -> dict[str, tuple[int, ...]]:
        return super().weights(x, mask) | {"relative_bias.weight": (self.num_buckets, self.num_heads)}

    def code(self, x: Shape, mask: Shape | None) -> Code:
        more = f", num_buckets={self.num_buckets}" if self.num_buckets != 32 else ""
        more += f", max_distance={self.max_distance}" if self.max_distance != 128 else ""
        return self.made_by("self_attention", "RelativeAttention", x, mask, more)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        scores = self.num_heads * steps(inputs["x"]) ** 2  # a bias that learns needs them
        return super().kept(inputs, outputs) + 2 * scores

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T 12", num_heads=3, num_buckets=7, max_distance=4, causal=True, bias=False, y="B T 12"),
        Case(x="B T 8", mask="bool B 1 1 T", dropout=0.1, num_buckets=5, max_distance=3, y="B T 8"),
        Case(x="B T 8", max_distance=8, error="max_distance to 9"),
        Case(x="B T 10", error="Use 2 heads"),
    ]
