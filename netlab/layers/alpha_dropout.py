"""Alpha dropout: dropout that keeps the mean and variance SELU works for."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Float


class AlphaDropout(Layer):
    """While training, each number becomes α′ ≈ −1.758 with probability p, then y = a x + b restores mean and variance.

    Shapes: x (…) → y (…). Does nothing when the model is used. Belongs behind SELU.
    """

    label = "Alpha dropout"
    category = "Regularisation"
    needs = "nothing"
    aliases = ("selu", "self-normalizing", "regularization", "forget", "overfitting")
    paper = "Klambauer et al. 2017, https://arxiv.org/abs/1706.02515"
    torch_name = "torch.nn.AlphaDropout"
    x = Input("Any shape, best straight from a SELU.")
    y = Output("The same shape.")
    p = Float(0.1, min=0.0, max=0.99, help="Probability that a number is dropped.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Alpha dropout")

    def code(self, x: Shape) -> Code:
        return Code(init=f"nn.AlphaDropout({self.p})")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 2 * outputs["y"].elements()  # the mask as well

    cases = [Case(x="B 128", y="B 128"), Case(x="B T 64", p=0.5, y="B T 64"), Case(x="int B", error="Embedding")]
