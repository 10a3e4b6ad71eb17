"""AttentionScores: how well every query matches every key."""

from netlab.layers._masks import check_mask
from netlab.layers._scores import check_query_and_key
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.layers.shape import Axis
from netlab.options import Bool


class AttentionScores(Layer):
    """Dot product of every query with every key: y = Q Kᵀ / √d, and −∞ where the mask is false.

    Shapes: query (B, T, d), key (B, S, d) → y (B, T, S); both may have a further axis of heads after B. Follow it with
    Softmax and a matrix product with the values to build attention from its parts.
    """

    label = "Attention scores"
    category = "Attention"
    aliases = ("similarity", "dot product", "logits", "query key", "alignment", "qk")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    torch_name = "torch.matmul"
    query = Input("Who asks: B × T × d, or B × h × T × d.")
    key = Input("Where to look: B × S × d, or B × h × S × d.")
    mask = Input("Where to look (true), stretched to B × h × T × S. Open: everywhere.", optional=True)
    y = Output("A score for every query and key, before any softmax: B × T × S.")
    scale = Bool(True, help="Divide by the square root of d, so that scores do not grow with the width.")

    def shapes(self, query: Shape, key: Shape, mask: Shape | None) -> Shape:
        check_query_and_key(query, key, "Attention scores")
        if mask is not None:
            heads = query[1] if query.rank == 4 else Axis("h", 1)
            check_mask(mask, "Attention scores", (query[0], heads, query[-2], key[-2]))
        return Shape((*query.axes[:-1], key[-2]))

    def code(self, query: Shape, key: Shape, mask: Shape | None) -> Code:
        scores = "{query} @ {key}.transpose(-2, -1)" + (f" / {query.last}**0.5" if self.scale else "")
        if mask is None:
            return Code(forward=scores)
        seen = "{mask}.squeeze(1)" if mask.rank > query.rank else "{mask}"  # without heads, no axis of heads
        return Code(forward=f"({scores}).masked_fill(~{seen}, -torch.inf)")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 2 * outputs["y"].elements() * inputs["query"].last

    cases = [
        Case(query="B T 64", key="B S 64", y="B T S"),
        Case(query="B h=2 T 8", key="B h=2 T 8", scale=False, mask="bool T T", y="B h=2 T T"),
        Case(query="B T 8", key="B S 8", mask="bool B 1 1 S", y="B T S"),
        Case(query="B T 8", key="B S 6", error="equally wide"),
        Case(query="B h=2 T 8", key="B h=3 S 8", error="equally long"),
        Case(query="int B T", key="B S 6", error="Embedding"),
    ]
