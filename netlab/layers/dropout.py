"""Dropout: forget at random while learning."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Float


class Dropout(Layer):
    """While training, each number is zeroed with probability p and the rest scaled by 1 / (1 − p).

    Shapes: x (…) → y (…). Does nothing when the model is used.
    """

    category = "Regularisation"
    aliases = ("regularisation", "regularization", "forget")
    paper = "Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html"
    torch_name = "torch.nn.Dropout"
    x = Input("Any shape.")
    y = Output("The same shape.")
    p = Float(0.1, min=0.0, max=0.99, help="Probability that a number is zeroed.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Dropout")

    def code(self, x: Shape) -> Code:
        return Code(init=f"nn.Dropout({self.p})")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 2 * outputs["y"].elements()  # the mask as well

    cases = [Case(x="B 128", y="B 128"), Case(x="B T 64", p=0.5, y="B T 64"), Case(x="int B", error="Embedding")]
