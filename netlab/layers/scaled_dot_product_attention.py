"""ScaledDotProductAttention: the heart of attention, without any weights."""

from netlab.layers._attention import steps
from netlab.layers._masks import check_mask, check_same
from netlab.layers._scores import check_query_and_key
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.layers.shape import Axis
from netlab.options import Bool, Float


class ScaledDotProductAttention(Layer):
    """Every query takes the values whose keys match it: y = softmax(Q Kᵀ / √d) V.

    Shapes: query (B, T, d), key (B, S, d), value (B, S, d_value) → y (B, T, d_value); all may have a further axis of
    heads after B. It learns nothing itself: put Linear layers before it, or take Multi-head attention.
    """

    label = "Scaled dot-product attention"
    category = "Attention"
    aliases = ("sdpa", "dot product", "flash attention", "softmax attention", "retrieval", "causal")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    torch_name = "torch.nn.functional.scaled_dot_product_attention"
    query = Input("Who asks: B × T × d, or B × h × T × d.")
    key = Input("Where to look: B × S × d, or B × h × S × d.")
    value = Input("What to take from there: B × S × d_value, or B × h × S × d_value.")
    mask = Input("Where to look (true), stretched to B × h × T × S. Open: everywhere.", optional=True)
    y = Output("What was found, for every query.")
    causal = Bool(False, help="Mask the future: a position sees itself and what came before.")
    dropout = Float(0.0, min=0.0, max=0.99, help="Share of attention weights zeroed while training.")

    def shapes(self, query: Shape, key: Shape, value: Shape, mask: Shape | None) -> Shape:
        name = "Scaled dot-product attention"
        check_query_and_key(query, key, name)
        value.need_float(name, "value").need_rank(query.rank, name, "value")
        for axis, other in zip(key.axes[:-1], value.axes[:-1], strict=True):
            check_same("Key", axis, "value", other)
        if mask is not None:
            heads = query[1] if query.rank == 4 else Axis("h", 1)
            check_mask(mask, name, (query[0], heads, query[-2], key[-2]))
        return query.replace_last(value.size(-1, "value"))

    def code(self, query: Shape, key: Shape, value: Shape, mask: Shape | None) -> Code:
        given = "{query}, {key}, {value}"
        both = self.causal and mask is not None  # torch takes one or the other
        if query.rank == 4 and not self.dropout and not both:
            given += ", attn_mask={mask}" if mask is not None else ""
            given += ", is_causal=True" if self.causal else ""
            return Code(forward=f"F.scaled_dot_product_attention({given})")
        more = ["causal=True"] if self.causal else []
        more += [f"dropout={self.dropout}"] if self.dropout else []
        return Code(
            init=f"ScaledDotProductAttention({', '.join(more)})",
            forward=f"{{self}}({given}{'' if mask is None else ', {mask}'})",
            imports=("from netlab.nn.scaled_dot_product_attention import ScaledDotProductAttention",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        keys = steps(inputs["key"], -2)
        return 2 * keys * (inputs["query"].elements() + outputs["y"].elements())

    cases = [
        Case(query="B T 64", key="B T 64", value="B T 64", y="B T 64"),
        Case(query="B h=2 T 8", key="B h=2 S 8", value="B h=2 S 6", dropout=0.1, y="B h=2 T 6"),
        Case(query="B T 8", key="B T 8", value="B T 8", causal=True, y="B T 8"),
        Case(query="B T 8", key="B S 8", value="B S 8", mask="bool B 1 1 S", y="B T 8"),
        Case(query="B T 8", key="B T 8", value="B T 8", mask="bool B 1 1 T", causal=True, y="B T 8"),
        Case(query="B h=2 T 8", key="B h=2 S 8", value="B h=2 S 8", mask="bool T S", y="B h=2 T 8"),
        Case(query="B T 8", key="B S 6", value="B S 6", error="equally wide"),
        Case(query="B T 8", key="B S=7 8", value="B S=9 8", error="equally long"),
        Case(query="B h=2 T 8", key="B T 8", value="B T 8", error="wants 4 axes"),
        Case(query="B 8", key="B T 8", value="B T 8", error="wants 3 or 4 axes"),
        Case(query="B T 8", key="B T 8", value="int B T", error="Embedding"),
    ]
