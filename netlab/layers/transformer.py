"""Transformer: an encoder reads a source, a decoder makes a target from it."""

from netlab.layers._attention import steps
from netlab.layers._transformer import Blocks
from netlab.layers.layer import Case, Code, Input, Output, Shape, Shapes
from netlab.options import Bool, Int

MASKS = ("source_mask", "target_mask", "memory_mask")


class Transformer(Blocks):
    """The whole Transformer: y = decoder(target, encoder(source)), each a stack of layers that ends in a norm.

    Shapes: source (B, S, d_model), target (B, T, d_model) → y (B, T, d_model). For translation and other tasks from
    sequence to sequence; embeddings and positions come before it, a Linear to the vocabulary after it.
    """

    aliases = ("translation", "seq2seq", "encoder-decoder", "attention is all you need", "summarisation")
    torch_name = "torch.nn.Transformer"
    source = Input("The sequence to read: B × S × d_model.")
    target = Input("The sequence to make, shifted by one: B × T × d_model.")
    source_mask = Input("Where the source may look in itself (true): B × num_heads × S × S.", optional=True)
    target_mask = Input("Where the target may look in itself (true): B × num_heads × T × T.", optional=True)
    memory_mask = Input(
        "Where the target may look in the source (true): B × num_heads × T × S. Wire a padding mask of the source here "
        "and to source_mask.",
        optional=True,
    )
    y = Output("For every position of the target: B × T × d_model.")
    num_encoder_layers = Int(2, min=1, max=256, unit="layers", help="How many layers read the source.")
    num_decoder_layers = Int(2, min=1, max=256, unit="layers", help="How many layers make the target.")
    causal = Bool(True, help="Mask the future of the target: a position sees itself and what came before.")

    def shapes(
        self,
        source: Shape,
        target: Shape,
        source_mask: Shape | None,
        target_mask: Shape | None,
        memory_mask: Shape | None,
    ) -> Shape:
        self.check(source, "source")
        self.check_memory(target, source, "target", "source")
        self.check_mask(source_mask, source, source, "source_mask")
        self.check_mask(target_mask, target, target, "target_mask")
        self.check_mask(memory_mask, target, source, "memory_mask")
        return target

    def weights(self, source: Shape, target: Shape, **masks: Shape | None) -> dict[str, tuple[int, ...]]:
        d = source.last
        return self.stack_weights(d, self.num_encoder_layers, decoder=False, norm=True, prefix="encoder.") | (
            self.stack_weights(d, self.num_decoder_layers, decoder=True, norm=True, prefix="decoder.")
        )

    def code(self, source: Shape, target: Shape, **masks: Shape | None) -> Code:
        layers = f", num_encoder_layers={self.num_encoder_layers}" if self.num_encoder_layers != 6 else ""
        layers += f", num_decoder_layers={self.num_decoder_layers}" if self.num_decoder_layers != 6 else ""
        given = ["{source}", "{target}", *[f"{name}={{{name}}}" for name in MASKS if masks[name] is not None]]
        return Code(
            init=f"Transformer({source.last}, {self.num_heads}{layers}{self.arguments(self.causal)})",
            forward=f"{{self}}({', '.join(given)})",
            imports=("from netlab.nn.transformer import Transformer",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        read, made, d = steps(inputs["source"]), steps(inputs["target"]), inputs["source"].last
        encoder = self.num_encoder_layers * self.layer_flops(read, d)
        return encoder + self.num_decoder_layers * self.layer_flops(made, d, read)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        read, made, d = steps(inputs["source"]), steps(inputs["target"]), inputs["source"].last
        encoder = self.num_encoder_layers * self.layer_kept(read, d)
        return encoder + self.num_decoder_layers * self.layer_kept(made, d, read)

    cases = [
        Case(source="B S 64", target="B T 64", y="B T 64"),
        Case(
            source="B S 12",
            target="B T 12",
            num_heads=3,
            num_encoder_layers=1,
            num_decoder_layers=3,
            dim_feedforward=20,
            activation="gelu",
            dropout=0.0,
            norm_first=True,
            causal=False,
            y="B T 12",
        ),
        Case(source="B S 8", target="B T 8", source_mask="bool B 1 1 S", memory_mask="bool B 1 1 S", y="B T 8"),
        Case(source="B S 8", target="B T 8", target_mask="bool T T", y="B T 8"),
        Case(source="B S 8", target="B T 6", error="Put a Linear with 8 outputs"),
        Case(source="B S 10", target="B T 10", error="Use 2 heads"),
        Case(source="int B S", target="B T 10", error="Embedding"),
    ]
