"""MultiHeadAttention: every position looks at every other and takes what fits."""

from netlab.language import tr
from netlab.layers._attention import attention_flops, attention_kept, check_heads, projections, steps
from netlab.layers._masks import check_mask, check_same
from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import Axis, need_sequence
from netlab.options import Bool, Float, Int


class MultiHeadAttention(Layer):
    """Scaled dot-product attention in several heads: softmax(Q Kᵀ / √d_head) V, between projections.

    Shapes: query (B, T, d_model), key (B, S, d_key), value (B, S, d_value) → y (B, T, d_model). With key and value
    open it is self-attention; with a memory wired to them, cross-attention.
    """

    label = "Multi-head attention"
    category = "Attention"
    aliases = ("self-attention", "cross-attention", "transformer", "mha", "attention", "causal")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    torch_name = "torch.nn.MultiheadAttention"
    query = Input("Who asks: B × T × d_model.")
    key = Input("Where to look: B × S × d_key. Open: the query.", optional=True)
    value = Input("What to take from there: B × S × d_value. Open: the key.", optional=True)
    mask = Input("Where to look (true), stretched to B × num_heads × T × S. Open: everywhere.", optional=True)
    y = Output("What was found, for every query: B × T × d_model.")
    num_heads = Int(4, min=1, max=1024, unit="heads", help="How many heads; has to divide d_model.")
    causal = Bool(False, help="Mask the future: a position sees itself and what came before.")
    dropout = Float(0.0, min=0.0, max=0.99, help="Share of attention weights zeroed while training.")
    bias = Bool(True, help="Add learned offsets in the projections.")

    def shapes(self, query: Shape, key: Shape | None, value: Shape | None, mask: Shape | None) -> Shape:
        need_sequence(query, "Multi-head attention", "query")
        for name, shape in (("query", query), ("key", key), ("value", value)):
            if shape is not None:
                check_same(tr("Batch"), query[0], name, need_sequence(shape, "Multi-head attention", name)[0])
        memory = key if key is not None else query
        if value is not None:
            check_same("Key", memory[1], "value", value[1])
        if self.causal and None not in (query[1].size, memory[1].size) and query[1].size != memory[1].size:
            message = tr(
                "A causal mask compares positions, but there are {queries} queries and {keys} keys. "
                "Turn causal off for cross-attention.",
                queries=query[1],
                keys=memory[1],
            )
            fix = Fix(tr("Turn causal off"), "set_option", {"name": "causal", "value": False})
            raise ShapeError(message, port="key", fixes=(fix,))
        check_heads(query.last, self.num_heads, "query")
        if mask is not None:
            check_mask(mask, "Multi-head attention", (query[0], Axis("h", self.num_heads), query[1], memory[1]))
        return query

    def weights(
        self, query: Shape, key: Shape | None, value: Shape | None, mask: Shape | None
    ) -> dict[str, tuple[int, ...]]:
        d_model = query.last
        d_key = key.last if key is not None else d_model
        d_value = value.last if value is not None else d_key
        widths = {"q": d_model, "k": d_key, "v": d_value, "out": d_model}
        return projections({name: (d_model, width) for name, width in widths.items()}, self.bias)

    def code(self, query: Shape, key: Shape | None, value: Shape | None, mask: Shape | None) -> Code:
        more = f", d_key={key.last}" if key is not None and key.last != query.last else ""
        d_key = key.last if key is not None else query.last
        more += f", d_value={value.last}" if value is not None and value.last != d_key else ""
        more += ", causal=True" if self.causal else ""
        more += f", dropout={self.dropout}" if self.dropout else ""
        more += "" if self.bias else ", bias=False"
        given = ["{query}"]
        given += ["{key}"] if key is not None else []
        given += [("" if key is not None else "value=") + "{value}"] if value is not None else []
        if mask is not None:  # by position, as the attention probe hands on what it sees
            source = "{query}" if key is None else "{key}"
            given = ["{query}", source, source if value is None else "{value}", "{mask}"]
        return Code(
            init=f"MultiHeadAttention({query.last}, {self.num_heads}{more})",
            forward=f"{{self}}({', '.join(given)})",
            imports=("from netlab.nn.attention import MultiHeadAttention",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return attention_flops(steps(inputs["query"]), steps(inputs.get("key", inputs["query"])), weights)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        query = inputs["query"]
        return attention_kept(steps(query), steps(inputs.get("key", query)), query.last)

    cases = [
        Case(query="B T 64", y="B T 64"),
        Case(query="B T 12", key="B S 8", value="B S 6", num_heads=3, bias=False, y="B T 12"),
        Case(query="B T 12", key="B S 8", causal=True, y="B T 12"),
        Case(query="B T 10", num_heads=4, error="Use 2 heads"),
        Case(query="int B T", error="Embedding"),
        Case(query="B T 8", key="B S=7 8", value="B S=9 8", error="equally long"),
        Case(query="B T 8", key="B S=7 8", value="B T=7 6", y="B T 8"),
        Case(query="B T=5 8", key="B S=7 8", causal=True, error="Turn causal off"),
        Case(query="B 64", error="wants a sequence"),
        Case(query="B T 8", mask="bool T T", y="B T 8"),
        Case(query="B T 8", key="B S 6", mask="bool B 1 1 S", causal=True, y="B T 8"),
        Case(query="B T 8", value="B T 6", mask="bool B h=4 T T", y="B T 8"),
        Case(query="B T 8", mask="bool B T T", error="2 axes"),
        Case(query="B T 8", mask="int B T", error="Padding mask"),
        Case(query="B T 8", mask="B T 8", error="Causal mask"),
        Case(query="B T=5 8", mask="bool B 1 1 T=6", error="cannot stretch"),
    ]
