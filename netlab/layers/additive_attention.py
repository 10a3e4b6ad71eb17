"""AdditiveAttention: a small network says which steps of a sequence matter now."""

from math import prod

from netlab.language import tr
from netlab.layers._attention import steps
from netlab.layers._masks import check_mask, check_same
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.layers.shape import Axis, need_sequence
from netlab.options import Int


class AdditiveAttention(Layer):
    """Attention by a small network: y = Σₛ aₛ keyₛ with a = softmaxₛ(vᵀ tanh(W query + U keyₛ + b)).

    Shapes: query (B, d) or (B, T, d), key (B, S, d_key) → y (B, d_key) or (B, T, d_key). The classic way for a
    recurrent decoder to look back at what the encoder read.
    """

    label = "Additive attention"
    category = "Attention"
    aliases = ("bahdanau", "alignment", "seq2seq", "translation", "recurrent attention", "concat attention")
    paper = "Bahdanau et al. 2014, https://arxiv.org/abs/1409.0473"
    query = Input("Who asks, such as the state of a decoder: B × d, or B × T × d.")
    key = Input("Where to look, such as what an encoder read: B × S × d_key.")
    mask = Input("Where to look (true), stretched to B × 1 × T × S. Open: everywhere.", optional=True)
    y = Output("The context: a weighted mean of the keys for every query.")
    hidden_size = Int(64, min=1, max=65536, unit="features", help="Width in which query and key are compared.")

    def shapes(self, query: Shape, key: Shape, mask: Shape | None) -> Shape:
        query.need_float("Additive attention", "query").need_rank((2, 3), "Additive attention", "query")
        query.size(-1, "query")
        need_sequence(key, "Additive attention", "key")
        check_same(tr("Batch"), query[0], "key", key[0])
        if mask is not None:
            rows = query[1] if query.rank == 3 else Axis("T", 1)
            check_mask(mask, "Additive attention", (query[0], Axis("h", 1), rows, key[1]))
        return query.replace_last(key.last)

    def weights(self, query: Shape, key: Shape, mask: Shape | None) -> dict[str, tuple[int, ...]]:
        return {
            "q_proj.weight": (self.hidden_size, query.last),
            "k_proj.weight": (self.hidden_size, key.last),
            "k_proj.bias": (self.hidden_size,),
            "score.weight": (1, self.hidden_size),
        }

    def code(self, query: Shape, key: Shape, mask: Shape | None) -> Code:
        return Code(
            init=f"AdditiveAttention({query.last}, {key.last}, {self.hidden_size})",
            forward="{self}({query}, {key})" if mask is None else "{self}({query}, {key}, {mask})",
            imports=("from netlab.nn.additive_attention import AdditiveAttention",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        query, key = inputs["query"], inputs["key"]
        rows, columns = query.elements() // query.last, steps(key)
        dense = 2 * rows * prod(weights["q_proj.weight"]) + 2 * columns * prod(weights["k_proj.weight"])
        return dense + rows * columns * (4 * self.hidden_size + 2 * key.last)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return _pairs(inputs) * (self.hidden_size + 1) + outputs["y"].elements()

    def passing(self, inputs: Shapes, outputs: Shapes) -> int:
        return 2 * _pairs(inputs) * self.hidden_size  # before and behind the tanh

    cases = [
        Case(query="B 64", key="B S 64", y="B 64"),
        Case(query="B T 6", key="B S 8", hidden_size=5, y="B T 8"),
        Case(query="B 6", key="B S 8", mask="bool B 1 1 S", y="B 8"),
        Case(query="B T 6", key="B S 8", mask="bool T S", y="B T 8"),
        Case(query="B 6", key="B 8", error="wants a sequence"),
        Case(query="B 6", key="B S 8", mask="bool T S", error="cannot stretch"),
        Case(query="int B T", key="B S 8", error="Embedding"),
    ]


def _pairs(inputs: Shapes) -> int:
    """How many queries meet how many keys."""
    query = inputs["query"]
    return query.elements() // query.last * steps(inputs["key"])
