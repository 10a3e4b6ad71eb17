"""CausalConv1d: a filter over time that never looks ahead."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.layers.shape import need_sequence
from netlab.options import Bool, Int


class CausalConv1d(Layer):
    """Convolution over the past of a sequence: y[t] = b + Σₖ W[k] x[t − dilation·k].

    Shapes: x (B, T, d) → y (B, T, out_features); zeros stand before the start, so T is kept.
    Stacked with dilation 1, 2, 4, … it looks far back at little cost. Order of axes as for recurrent layers.
    """

    category = "Convolution"
    aliases = ("wavenet", "tcn", "temporal convolution", "causal convolution", "dilated", "autoregressive")
    paper = "van den Oord et al. 2016, https://arxiv.org/abs/1609.03499"
    x = Input("Sequences: B × T × d.")
    y = Output("What the recent past looks like at every step: B × T × out_features.")
    out_features = Int(64, min=1, max=65536, unit="features", help="How many filters, and so features.")
    kernel_size = Int(
        3, min=1, max=65536, unit="steps", help="How many steps a filter reads, the present one included."
    )
    dilation = Int(1, min=1, max=65536, unit="steps", help="Distance between the steps that a filter reads.")
    bias = Bool(True, help="Add a learned offset to every feature.")

    def shapes(self, x: Shape) -> Shape:
        return need_sequence(x, "CausalConv1d").replace_last(self.out_features)

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        bias = {"conv.bias": (self.out_features,)} if self.bias else {}
        return {"conv.weight": (self.out_features, x.last, self.kernel_size), **bias}

    def code(self, x: Shape) -> Code:
        more = f", dilation={self.dilation}" if self.dilation > 1 else ""
        more += "" if self.bias else ", bias=False"
        return Code(
            init=f"CausalConv1d({x.last}, {self.out_features}, kernel_size={self.kernel_size}{more})",
            imports=("from netlab.nn.convolution import CausalConv1d",),
        )

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        x = inputs["x"]
        padded = x.elements() + x.last * self.dilation * (self.kernel_size - 1)
        return outputs["y"].elements() + padded

    cases = [
        Case(x="B T 8", y="B T 64"),
        Case(x="B T 8", out_features=5, kernel_size=2, dilation=4, bias=False, y="B T 5"),
        Case(x="B T=20 6", kernel_size=1, y="B T=20 64"),
        Case(x="B 8", error="wants a sequence"),
        Case(x="int B T", error="Embedding"),
    ]
