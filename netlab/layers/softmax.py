"""Softmax: turn scores into probabilities."""

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError
from netlab.options import Int


class Softmax(Layer):
    """Probabilities along one axis: yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ).

    Shapes: x (…) → y (…); sums to 1 along the axis. Cross-entropy loss wants the scores before a softmax.
    """

    category = "Activation"
    needs = "output"
    aliases = ("probabilities", "activation", "normalise")
    torch_name = "torch.nn.functional.softmax"
    x = Input("Scores (logits).")
    y = Output("Probabilities, the same shape.")
    axis = Int(-1, min=-8, max=7, help="Along which axis the probabilities sum to 1; −1 is the last.")

    def shapes(self, x: Shape) -> Shape:
        if not -x.rank <= self.axis < x.rank:
            message = tr("There is no axis {axis} in {shape}. Use -1 for the last.", axis=self.axis, shape=x)
            raise ShapeError(message, port="x", fixes=(set_option("axis", -1),))
        return x.need_float("Softmax")

    def code(self, x: Shape) -> Code:
        return Code(forward=f"F.softmax({{x}}, dim={self.axis})")

    cases = [Case(x="B 10", y="B 10"), Case(x="B T 5", axis=1, y="B T 5"), Case(x="B 10", axis=3, error="-1")]
