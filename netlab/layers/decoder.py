"""Decoder: a stack of decoder layers."""

from netlab.layers._attention import steps
from netlab.layers._transformer import Blocks
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes
from netlab.options import Bool, Int


class Decoder(Blocks):
    """A stack of Transformer decoder layers: x ← layerₙ(… layer₁(x, memory) …, memory), each with its own weights.

    Shapes: x (B, T, d_model), memory (B, S, d_model) → y (B, T, d_model).
    """

    label = "Transformer decoder"
    aliases = ("cross-attention", "translation", "seq2seq", "stack", "generation")
    torch_name = "torch.nn.TransformerDecoder"
    x = Input("The sequence that is being made: B × T × d_model.")
    memory = Input("What the encoder read: B × S × d_model.")
    mask = Input("Where x may look in x (true), stretched to B × num_heads × T × T. Open: everywhere.", optional=True)
    memory_mask = Input(
        "Where x may look in the memory (true), stretched to B × num_heads × T × S. Open: everywhere.", optional=True
    )
    y = Output("The same shape as x.")
    num_layers = Int(2, min=1, max=256, unit="layers", help="How many layers are stacked.")
    causal = Bool(True, help="Mask the future of x: a position sees itself and what came before.")
    norm = Bool(False, help="Normalise after the last layer; useful with norm first.")

    def shapes(self, x: Shape, memory: Shape, mask: Shape | None, memory_mask: Shape | None) -> Shape:
        self.check(x)
        self.check_memory(memory, x)
        self.check_mask(mask, x, x)
        self.check_mask(memory_mask, x, memory, "memory_mask")
        return x

    def weights(
        self, x: Shape, memory: Shape, mask: Shape | None, memory_mask: Shape | None
    ) -> dict[str, tuple[int, ...]]:
        return self.stack_weights(x.last, self.num_layers, decoder=True, norm=self.norm)

    def code(self, x: Shape, memory: Shape, mask: Shape | None, memory_mask: Shape | None) -> Code:
        more = self.arguments(self.causal) + (", norm=True" if self.norm else "")
        given = "{x}, {memory}" + (", {mask}" if mask is not None else "")
        if memory_mask is not None:
            given += ", {memory_mask}" if mask is not None else ", memory_mask={memory_mask}"
        return Code(
            init=f"Decoder({x.last}, {self.num_heads}, num_layers={self.num_layers}{more})",
            forward=f"{{self}}({given})",
            imports=("from netlab.nn.transformer import Decoder",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return self.num_layers * self.layer_flops(steps(inputs["x"]), inputs["x"].last, steps(inputs["memory"]))

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return self.num_layers * self.layer_kept(steps(inputs["x"]), inputs["x"].last, steps(inputs["memory"]))

    cases = [
        Case(x="B T 64", memory="B S 64", y="B T 64"),
        Case(
            x="B T 12",
            memory="B S 12",
            num_heads=3,
            num_layers=1,
            dim_feedforward=20,
            activation="gelu",
            dropout=0.0,
            norm_first=True,
            causal=False,
            norm=True,
            y="B T 12",
        ),
        Case(x="B T 8", memory="B S 8", mask="bool T T", memory_mask="bool B 1 1 S", y="B T 8"),
        Case(x="B T 8", memory="B S 6", error="Put a Linear with 8 outputs"),
        Case(x="B T 10", memory="B S 10", error="Use 2 heads"),
    ]
