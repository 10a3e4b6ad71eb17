"""EncoderLayer: attention, then a feed-forward network, each with a residual and a norm."""

from netlab.layers._attention import steps
from netlab.layers._transformer import Blocks
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes
from netlab.options import Bool


class EncoderLayer(Blocks):
    """One layer of a Transformer: x ← norm(x + attention(x)), then y = norm(x + feed_forward(x)).

    Shapes: x (B, T, d_model) → y (B, T, d_model). With causal on, it is a layer of a GPT.
    """

    label = "Transformer encoder layer"
    aliases = ("transformer block", "self-attention", "bert", "gpt", "residual", "encoder")
    torch_name = "torch.nn.TransformerEncoderLayer"
    x = Input("Sequences: B × T × d_model.")
    mask = Input("Where to look (true), stretched to B × num_heads × T × T. Open: everywhere.", optional=True)
    y = Output("The same shape, every position informed by the others.")
    causal = Bool(False, help="Mask the future: a position sees itself and what came before.")

    def shapes(self, x: Shape, mask: Shape | None) -> Shape:
        self.check(x)
        self.check_mask(mask, x, x)
        return x

    def weights(self, x: Shape, mask: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.layer_weights(x.last, decoder=False)

    def code(self, x: Shape, mask: Shape | None) -> Code:
        arguments = f"{x.last}, {self.num_heads}{self.arguments(self.causal)}"
        if mask is None and not self.causal:
            return Code(init=f"nn.TransformerEncoderLayer({arguments}, batch_first=True)")
        return Code(
            init=f"EncoderLayer({arguments})",
            forward="{self}({x})" if mask is None else "{self}({x}, {mask})",
            imports=("from netlab.nn.transformer import EncoderLayer",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return self.layer_flops(steps(inputs["x"]), inputs["x"].last)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return self.layer_kept(steps(inputs["x"]), inputs["x"].last)

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(
            x="B T 12",
            num_heads=3,
            dim_feedforward=20,
            activation="gelu",
            dropout=0.0,
            norm_first=True,
            causal=True,
            y="B T 12",
        ),
        Case(x="B T 8", mask="bool B 1 1 T", y="B T 8"),
        Case(x="B T 8", mask="bool B h=4 T T", causal=True, y="B T 8"),
        Case(x="B T 10", error="Use 2 heads"),
        Case(x="B T 8", mask="int B T", error="Padding mask"),
        Case(x="int B T", error="Embedding"),
    ]
