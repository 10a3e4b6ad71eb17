"""HuberLoss: squared for small errors, straight for large ones."""

from netlab.layers._losses import LossLayer, need_numbers
from netlab.layers.layer import Case, Code, Input, Shape
from netlab.options import Float


class HuberLoss(LossLayer):
    """Mean of ½ e² where |e| ≤ δ and of δ (|e| − δ/2) elsewhere, for e = prediction − target.

    Shapes: prediction (…), target (…) of the same shape → a scalar. Use it for regression with outliers and for
    the values of Q-learning.
    """

    label = "Huber loss"
    aliases = ("smooth l1", "robust", "regression", "outliers", "q-learning")
    paper = "Huber 1964, https://doi.org/10.1214/aoms/1177703732"
    torch_name = "torch.nn.functional.huber_loss"
    prediction = Input("What the model says.")
    target = Input("What it should have said.")
    delta = Float(1.0, min=1e-6, max=1e6, log=True, help="The error from which on the loss grows in a straight line.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        need_numbers("Huber loss", prediction, target)
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        delta = "" if self.delta == 1 else f", delta={self.delta}"
        return Code(
            forward=f"F.huber_loss({{prediction}}, {{target}}{delta})",
            metrics={"mae": "({prediction} - {target}).abs().mean()"},
        )

    cases = [
        Case(prediction="B 1", target="B 1", y=""),
        Case(prediction="B T 4", target="B T 4", delta=0.1, y=""),
        Case(prediction="B 3", target="B 1", error="1 outputs"),
        Case(prediction="B C=3 H=4 W=4", target="B 1", error="Flatten"),
        Case(prediction="B 3", target="int B", error="Cross-entropy"),
    ]
