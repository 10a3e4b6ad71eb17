"""What the layers of the Transformer share: options, checks, weights under torch's names, and costs."""

from netlab.language import tr
from netlab.layers._attention import check_heads, steps
from netlab.layers._fixes import insert_linear
from netlab.layers._masks import check_mask, check_same
from netlab.layers.layer import Layer, Shape, ShapeError, Shapes
from netlab.layers.shape import Axis, need_sequence
from netlab.options import Bool, Choice, Float, Int

Weights = dict[str, tuple[int, ...]]


class Blocks(Layer):
    """Options that all layers of the Transformer have."""

    category = "Transformer"
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    num_heads = Int(4, min=1, max=1024, unit="heads", help="How many heads of attention; has to divide d_model.")
    dim_feedforward = Int(256, min=1, max=1048576, unit="features", help="Width inside the feed-forward network.")
    activation = Choice("relu", ("relu", "gelu"), help="What bends the numbers inside the feed-forward network.")
    dropout = Float(0.1, min=0.0, max=0.99, help="Share of numbers zeroed while training.")
    norm_first = Bool(False, help="Normalise before each part, not after; deep models learn more easily.")

    def check(self, x: Shape, port: str = "x") -> Shape:
        """A sequence whose features the heads can share."""
        need_sequence(x, self.title(), port)
        check_heads(x.last, self.num_heads, port)
        return x

    def check_mask(self, mask: Shape | None, query: Shape, key: Shape, port: str = "mask") -> None:
        """Refuse a mask that does not say which query may look at which key."""
        if mask is not None:
            check_mask(mask, self.title(), (query[0], Axis("h", self.num_heads), query[1], key[1]), port)

    def check_memory(self, memory: Shape, x: Shape, port: str = "memory", name: str = "x") -> None:
        """Refuse a memory of another batch or width."""
        need_sequence(memory, self.title(), port)
        check_same(tr("Batch of {name}", name=name), x[0], port, memory[0])
        if memory.last != x.last:
            message = tr(
                "{layer} wants {port} as wide as {name}, {width}, but gets {given}. "
                "Put a Linear with {width} outputs before it.",
                layer=tr(self.title()),
                port=port,
                name=name,
                width=x.last,
                given=memory.last,
            )
            raise ShapeError(message, port=port, fixes=(insert_linear(x.last),))

    def arguments(self, causal: bool) -> str:
        """The arguments by name, those at torch's defaults left out."""
        more = f", dim_feedforward={self.dim_feedforward}" if self.dim_feedforward != 2048 else ""
        more += f", dropout={self.dropout}" if self.dropout != 0.1 else ""
        more += f', activation="{self.activation}"' if self.activation != "relu" else ""
        more += ", norm_first=True" if self.norm_first else ""
        return more + (", causal=True" if causal else "")

    def layer_weights(self, d: int, decoder: bool, prefix: str = "") -> Weights:
        """Weights of one encoder or decoder layer."""
        hidden = self.dim_feedforward
        found: Weights = {}
        for name in ("self_attn", "multihead_attn") if decoder else ("self_attn",):
            found |= {f"{name}.in_proj_weight": (3 * d, d), f"{name}.in_proj_bias": (3 * d,)}
            found |= {f"{name}.out_proj.weight": (d, d), f"{name}.out_proj.bias": (d,)}
        found |= {"linear1.weight": (hidden, d), "linear1.bias": (hidden,)}
        found |= {"linear2.weight": (d, hidden), "linear2.bias": (d,)}
        for i in (1, 2, 3) if decoder else (1, 2):
            found |= {f"norm{i}.weight": (d,), f"norm{i}.bias": (d,)}
        return {prefix + name: shape for name, shape in found.items()}

    def stack_weights(self, d: int, layers: int, decoder: bool, norm: bool, prefix: str = "") -> Weights:
        """Weights of a stack of layers, and of the layer norm after it."""
        found: Weights = {}
        for i in range(layers):
            found |= self.layer_weights(d, decoder, f"{prefix}layers.{i}.")
        return found | ({f"{prefix}norm.weight": (d,), f"{prefix}norm.bias": (d,)} if norm else {})

    def layer_flops(self, length: int, d: int, memory: int = 0) -> int:
        """Operations of one layer on so many steps, and on so many of the memory if it is a decoder layer."""
        found = 8 * length * d * d + 4 * length * length * d + 4 * length * d * self.dim_feedforward
        if memory:
            found += 4 * (length + memory) * d * d + 4 * length * memory * d
        return found + 8 * length * d  # norms and sums

    def layer_kept(self, length: int, d: int, memory: int = 0) -> int:
        """Numbers that the backward pass of one layer needs: projections, sums, norms and the hidden width."""
        dropped = bool(self.dropout)  # masks are kept as well, and what they were applied to
        hidden = self.dim_feedforward * (1 + (self.activation == "gelu") + 2 * dropped)
        found = length * ((14 if dropped else 9) * d + hidden)
        return found + ((9 if dropped else 6) * length + 2 * memory) * d if memory else found

    def passing(self, inputs: Shapes, outputs: Shapes) -> int:
        return 2 * self.dim_feedforward * steps(next(iter(outputs.values())))
