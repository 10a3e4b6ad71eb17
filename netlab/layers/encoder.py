"""Encoder: a stack of encoder layers."""

from netlab.layers._attention import steps
from netlab.layers._transformer import Blocks
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes
from netlab.options import Bool, Int


class Encoder(Blocks):
    """A stack of Transformer encoder layers: x ← layerₙ(… layer₁(x)), each with weights of its own.

    Shapes: x (B, T, d_model) → y (B, T, d_model). With causal on, it is the body of a GPT; with it off, of a BERT.
    """

    label = "Transformer encoder"
    aliases = ("bert", "gpt", "stack", "self-attention", "vit", "language model")
    torch_name = "torch.nn.TransformerEncoder"
    x = Input("Sequences: B × T × d_model.")
    mask = Input("Where to look (true), stretched to B × num_heads × T × T. Open: everywhere.", optional=True)
    y = Output("The same shape, every position informed by the others.")
    num_layers = Int(2, min=1, max=256, unit="layers", help="How many layers are stacked.")
    causal = Bool(False, help="Mask the future: a position sees itself and what came before.")
    norm = Bool(False, help="Normalise after the last layer; useful with norm first.")

    def shapes(self, x: Shape, mask: Shape | None) -> Shape:
        self.check(x)
        self.check_mask(mask, x, x)
        return x

    def weights(self, x: Shape, mask: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.stack_weights(x.last, self.num_layers, decoder=False, norm=self.norm)

    def code(self, x: Shape, mask: Shape | None) -> Code:
        more = self.arguments(self.causal) + (", norm=True" if self.norm else "")
        return Code(
            init=f"Encoder({x.last}, {self.num_heads}, num_layers={self.num_layers}{more})",
            forward="{self}({x})" if mask is None else "{self}({x}, {mask})",
            imports=("from netlab.nn.transformer import Encoder",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return self.num_layers * self.layer_flops(steps(inputs["x"]), inputs["x"].last)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return self.num_layers * self.layer_kept(steps(inputs["x"]), inputs["x"].last)

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(
            x="B T 12",
            num_heads=3,
            num_layers=3,
            dim_feedforward=20,
            activation="gelu",
            dropout=0.0,
            norm_first=True,
            causal=True,
            norm=True,
            y="B T 12",
        ),
        Case(x="B T 8", mask="bool B 1 1 T", y="B T 8"),
        Case(x="B T 10", error="Use 2 heads"),
        Case(x="B 64", error="wants a sequence"),
    ]
