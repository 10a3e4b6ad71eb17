"""What the attention layers share: checks, weights, costs, and the declaration of multi-head self-attention."""

from collections.abc import Mapping
from math import prod

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers._masks import check_mask
from netlab.layers.layer import Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import Axis, need_sequence
from netlab.options import Bool, Float, Int


def check_heads(d_model: int, num_heads: int, port: str) -> None:
    """Refuse heads that cannot share the features evenly."""
    if d_model % num_heads:
        divisor = max(n for n in range(1, num_heads + 1) if d_model % n == 0)
        message = tr(
            "{count} heads cannot share d_model = {d_model} evenly. Use {divisor} heads.",
            count=num_heads,
            d_model=d_model,
            divisor=divisor,
        )
        raise ShapeError(message, port=port, fixes=(set_option("num_heads", divisor),))


def projections(widths: Mapping[str, tuple[int, int]], bias: bool) -> dict[str, tuple[int, ...]]:
    """Weights of the linear layers ``<name>_proj`` by name: (out, in)."""
    found: dict[str, tuple[int, ...]] = {}
    for name, width in widths.items():
        found[f"{name}_proj.weight"] = width
        if bias:
            found[f"{name}_proj.bias"] = width[:1]
    return found


def steps(shape: Shape, axis: int = 1) -> int:
    """Length of an axis, 1 while it is open."""
    return shape[axis].size or 1


def attention_flops(queries: int, keys: int, weights: Mapping[str, tuple[int, ...]]) -> int:
    """Projections at their places, scores, and the sums that the scores weigh."""
    places = {"q": queries, "k": keys, "v": keys, "out": queries}
    matrices = {name: weights[f"{name}_proj.weight"] for name in places}
    dense = sum(2 * places[name] * prod(matrix) for name, matrix in matrices.items())
    return dense + 4 * queries * keys * matrices["q"][0] + queries * matrices["out"][0]


def attention_kept(queries: int, keys: int, d_model: int, d_kv: int = 0) -> int:
    """Queries, keys, values, what was found and the output; fused attention makes the scores anew."""
    return 3 * queries * d_model + 2 * keys * (d_kv or d_model)


class SelfAttention(Layer):
    """Declaration of multi-head self-attention, for layers that differ in where a position looks."""

    category = "Attention"
    x = Input("Sequences: B × T × d_model.")
    mask = Input("Where to look (true), stretched to B × num_heads × T × T. Open: everywhere.", optional=True)
    y = Output("What was found, for every position: B × T × d_model.")
    num_heads = Int(4, min=1, max=1024, unit="heads", help="How many heads; has to divide d_model.")
    causal = Bool(False, help="Mask the future: a position sees itself and what came before.")
    dropout = Float(0.0, min=0.0, max=0.99, help="Share of attention weights zeroed while training.")
    bias = Bool(True, help="Add learned offsets in the projections.")

    def shapes(self, x: Shape, mask: Shape | None) -> Shape:
        need_sequence(x, self.title())
        check_heads(x.last, self.num_heads, "x")
        if mask is not None:
            check_mask(mask, self.title(), (x[0], Axis("h", self.num_heads), x[1], x[1]))
        return x

    def weights(self, x: Shape, mask: Shape | None) -> dict[str, tuple[int, ...]]:
        return projections(dict.fromkeys(("q", "k", "v", "out"), (x.last, x.last)), self.bias)

    def made_by(self, module: str, name: str, x: Shape, mask: Shape | None, more: str = "") -> Code:
        """The code of a module `name` in ``netlab.nn.<module>``, with `more` arguments of its own."""
        more += ", causal=True" if self.causal else ""
        more += f", dropout={self.dropout}" if self.dropout else ""
        more += "" if self.bias else ", bias=False"
        return Code(
            init=f"{name}({x.last}, {self.num_heads}{more})",
            forward="{self}({x})" if mask is None else "{self}({x}, {mask})",
            imports=(f"from netlab.nn.{module} import {name}",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        length = steps(inputs["x"])
        return attention_flops(length, length, weights)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        length = steps(inputs["x"])
        return attention_kept(length, length, inputs["x"].last)
