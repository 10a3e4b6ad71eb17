"""GLU: one half of the features opens and closes the other."""

from netlab.language import tr
from netlab.layers._fixes import insert_linear, widen
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError


class GLU(Layer):
    """Gated linear unit: the last axis is split into halves a and b, y = a · σ(b).

    Shapes: x (…, 2 d) → y (…, d). Put a Linear with twice the wanted width before it.
    """

    key = "glu"
    category = "Activation"
    aliases = ("gate", "gated linear unit", "activation", "split")
    paper = "Dauphin et al. 2016, https://arxiv.org/abs/1612.08083"
    torch_name = "torch.nn.functional.glu"
    x = Input("Any shape whose last axis is even.")
    y = Output("The same shape with half the last axis.")

    def shapes(self, x: Shape) -> Shape:
        x.need_float("GLU").need_rank(tuple(range(2, 9)), "GLU")
        if x.last % 2:
            even = x.last + 1
            message = tr(
                "GLU splits the last axis in half, but {width} features are odd. Use an even number, such as {even}.",
                width=x.last,
                even=even,
            )
            wider = widen("x", even, tr("Give the layer before it {width} outputs", width=even))
            raise ShapeError(message, port="x", fixes=(wider, insert_linear(even)))
        return x.replace_last(x.last // 2)

    def code(self, x: Shape) -> Code:
        return Code(forward="F.glu({x})")

    cases = [
        Case(x="B 64", y="B 32"),
        Case(x="B T 10", y="B T 5"),
        Case(x="B T 7", error="even"),
        Case(x="B T", error="has to be known"),
        Case(x="int B T", error="Embedding"),
    ]
