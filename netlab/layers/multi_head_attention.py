"""MultiHeadAttention: every position looks at every other and takes what fits."""

from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape, ShapeError
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
    y = Output("What was found, for every query: B × T × d_model.")
    num_heads = Int(4, min=1, max=1024, unit="heads", help="How many heads; has to divide d_model.")
    causal = Bool(False, help="Mask the future: a position sees itself and what came before.")
    dropout = Float(0.0, min=0.0, max=0.99, help="Share of attention weights zeroed while training.")
    bias = Bool(True, help="Add learned offsets in the projections.")

    def shapes(self, query: Shape, key: Shape | None, value: Shape | None) -> Shape:
        for name, shape in (("query", query), ("key", key), ("value", value)):
            if shape is not None:
                _check_same("batch", query[0], name, need_sequence(shape, "Multi-head attention", name)[0])
        memory = key if key is not None else query
        if value is not None:
            _check_same("key", memory[1], "value", value[1])
        if self.causal and None not in (query[1].size, memory[1].size) and query[1].size != memory[1].size:
            message = (
                f"A causal mask compares positions, but there are {query[1]} queries and {memory[1]} keys. "
                "Turn causal off for cross-attention."
            )
            fix = Fix("Turn causal off", "set_option", {"name": "causal", "value": False})
            raise ShapeError(message, port="key", fixes=(fix,))
        d_model = query.last
        if d_model % self.num_heads:
            divisor = max(n for n in range(1, self.num_heads + 1) if d_model % n == 0)
            message = f"{self.num_heads} heads cannot share d_model = {d_model} evenly. Use {divisor} heads."
            fix = Fix(f"Set num_heads to {divisor}", "set_option", {"name": "num_heads", "value": divisor})
            raise ShapeError(message, port="query", fixes=(fix,))
        return query

    def weights(self, query: Shape, key: Shape | None, value: Shape | None) -> dict[str, tuple[int, ...]]:
        d_model = query.last
        d_key = key.last if key is not None else d_model
        d_value = value.last if value is not None else d_key
        found: dict[str, tuple[int, ...]] = {}
        for name, width in (("q", d_model), ("k", d_key), ("v", d_value), ("out", d_model)):
            found[f"{name}_proj.weight"] = (d_model, width)
            if self.bias:
                found[f"{name}_proj.bias"] = (d_model,)
        return found

    def code(self, query: Shape, key: Shape | None, value: Shape | None) -> Code:
        more = f", d_key={key.last}" if key is not None and key.last != query.last else ""
        d_key = key.last if key is not None else query.last
        more += f", d_value={value.last}" if value is not None and value.last != d_key else ""
        more += ", causal=True" if self.causal else ""
        more += f", dropout={self.dropout}" if self.dropout else ""
        more += "" if self.bias else ", bias=False"
        given = ["{query}"]
        given += ["{key}"] if key is not None else []
        given += [("" if key is not None else "value=") + "{value}"] if value is not None else []
        return Code(
            init=f"MultiHeadAttention({query.last}, {self.num_heads}{more})",
            forward=f"{{self}}({', '.join(given)})",
            imports=("from netlab.nn.attention import MultiHeadAttention",),
        )

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
    ]


def _check_same(name: str, axis: Axis, port: str, other: Axis) -> None:
    """Refuse two axes of different sizes; two open ones have to bear the same name."""
    if axis.size != other.size or (axis.size is None and axis.name != other.name):
        message = f"{name.capitalize()} and {port} have to be equally long, but they are {axis} and {other}. "
        raise ShapeError(message + "Wire both to sequences that belong together.", port=port)
