"""WindowMask: look only at the neighbours."""

from netlab.layers._masks import positions_mask
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Int


class WindowMask(Layer):
    """Mask of the neighbourhood: y[i, j] is true where |i − j| ≤ window.

    Shapes: x (B, T, d) or token ids (B, T) → y (T, T), bool. For the mask port of attention, where what matters is
    near; combine it with a causal mask to look only back.
    """

    label = "Local window mask"
    category = "Attention"
    needs = "nothing"
    stops_gradient = True
    aliases = ("local attention", "sliding window", "band", "neighbourhood", "longformer", "sparse")
    paper = "Beltagy et al. 2020, https://arxiv.org/abs/2004.05150"
    torch_name = "torch.tril"
    x = Input("The sequence it is for: B × T × d, or token ids, B × T. Only its length counts.")
    y = Output("True where a position may look: T × T.")
    window = Int(8, min=0, max=1048576, unit="steps", help="How far to each side a position sees.")

    def shapes(self, x: Shape) -> Shape:
        return positions_mask(x, "Local window mask")

    def code(self, x: Shape) -> Code:
        everywhere = "torch.ones({x}.shape[1], {x}.shape[1], dtype=torch.bool, device={x}.device)"
        return Code(forward=f"{everywhere}.tril({self.window}).triu({-self.window})")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 0

    cases = [
        Case(x="B T 64", y="bool T T"),
        Case(x="int B T=6", window=2, y="bool T=6 T=6"),
        Case(x="B C=3 H=8 W=8", error="wants a sequence"),
    ]
