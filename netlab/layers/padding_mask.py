"""PaddingMask: nobody looks at filler."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import BOOL, INT, Axis
from netlab.options import Int


class PaddingMask(Layer):
    """Mask of the real tokens: y is true where the token is not the padding index.

    Shapes: tokens (B, T) of indices → y (B, 1, 1, T), bool. For the mask port of attention, where sentences of
    different lengths are filled up to one length.
    """

    label = "Padding mask"
    category = "Attention"
    needs = "nothing"
    aliases = ("key padding", "attention mask", "variable length", "filler", "pad token")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    torch_name = "torch.ne"
    tokens = Input("Token ids: B × T.")
    y = Output("True where there is a real token: B × 1 × 1 × T.")
    padding_index = Int(0, min=-(2**31), max=2**31 - 1, help="The index that stands for padding.")

    def shapes(self, tokens: Shape) -> Shape:
        if tokens.dtype != INT or tokens.rank != 2:
            message = tr(
                "Padding mask wants token ids, B × T, but gets {shape}. Wire it to tokens, before the embedding.",
                shape=tokens,
            )
            raise ShapeError(message, port="tokens")
        return Shape((tokens[0], Axis("h", 1), Axis("T", 1), tokens[1]), BOOL)

    def code(self, tokens: Shape) -> Code:
        return Code(forward=f"({{tokens}} != {self.padding_index})[:, None, None]")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 0

    cases = [
        Case(tokens="int B T", y="bool B 1 1 T"),
        Case(tokens="int B T=9", padding_index=-1, y="bool B 1 1 T=9"),
        Case(tokens="B T 64", error="before the embedding"),
        Case(tokens="int B", error="token ids"),
    ]
