"""DecoderLayer: attention to itself, then to a memory, then a feed-forward network."""

from netlab.layers._attention import steps
from netlab.layers._transformer import Blocks
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes
from netlab.options import Bool


class DecoderLayer(Blocks):
    """One decoder layer: x ← norm(x + attention(x)), x ← norm(x + attention(x, memory)), y = norm(x + ff(x)).

    Shapes: x (B, T, d_model), memory (B, S, d_model) → y (B, T, d_model).
    """

    label = "Transformer decoder layer"
    aliases = ("transformer block", "cross-attention", "translation", "seq2seq", "decoder")
    torch_name = "torch.nn.TransformerDecoderLayer"
    x = Input("The sequence that is being made: B × T × d_model.")
    memory = Input("What the encoder read: B × S × d_model.")
    mask = Input("Where x may look in x (true), stretched to B × num_heads × T × T. Open: everywhere.", optional=True)
    memory_mask = Input(
        "Where x may look in the memory (true), stretched to B × num_heads × T × S. Open: everywhere.", optional=True
    )
    y = Output("The same shape as x.")
    causal = Bool(True, help="Mask the future of x: a position sees itself and what came before.")

    def shapes(self, x: Shape, memory: Shape, mask: Shape | None, memory_mask: Shape | None) -> Shape:
        self.check(x)
        self.check_memory(memory, x)
        self.check_mask(mask, x, x)
        self.check_mask(memory_mask, x, memory, "memory_mask")
        return x

    def weights(
        self, x: Shape, memory: Shape, mask: Shape | None, memory_mask: Shape | None
    ) -> dict[str, tuple[int, ...]]:
        return self.layer_weights(x.last, decoder=True)

    def code(self, x: Shape, memory: Shape, mask: Shape | None, memory_mask: Shape | None) -> Code:
        arguments = f"{x.last}, {self.num_heads}{self.arguments(self.causal)}"
        plain = mask is None and memory_mask is None and not self.causal
        if plain:
            init = f"nn.TransformerDecoderLayer({arguments}, batch_first=True)"
            return Code(init=init, forward="{self}({x}, {memory})")
        given = "{x}, {memory}" + (", {mask}" if mask is not None else "")
        if memory_mask is not None:
            given += ", {memory_mask}" if mask is not None else ", memory_mask={memory_mask}"
        return Code(
            init=f"DecoderLayer({arguments})",
            forward=f"{{self}}({given})",
            imports=("from netlab.nn.transformer import DecoderLayer",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return self.layer_flops(steps(inputs["x"]), inputs["x"].last, steps(inputs["memory"]))

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return self.layer_kept(steps(inputs["x"]), inputs["x"].last, steps(inputs["memory"]))

    cases = [
        Case(x="B T 64", memory="B S 64", y="B T 64"),
        Case(
            x="B T 12",
            memory="B S 12",
            num_heads=3,
            dim_feedforward=20,
            activation="gelu",
            dropout=0.0,
            norm_first=True,
            causal=False,
            y="B T 12",
        ),
        Case(x="B T 8", memory="B S 8", memory_mask="bool B 1 1 S", y="B T 8"),
        Case(x="B T 8", memory="B S 8", mask="bool T T", memory_mask="bool T S", causal=False, y="B T 8"),
        Case(x="B T 8", memory="B S 6", error="Put a Linear with 8 outputs"),
        Case(x="B T 8", memory="B S 8", memory_mask="bool T T", error="cannot stretch"),
        Case(x="B T 10", memory="B S 10", error="Use 2 heads"),
    ]
