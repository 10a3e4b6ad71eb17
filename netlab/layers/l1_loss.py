"""L1Loss: the mean distance from the target."""

from netlab.layers._losses import LossLayer, need_numbers
from netlab.layers.layer import Case, Code, Input, Shape


class L1Loss(LossLayer):
    """Mean absolute error: (1/n) Σ |prediction − target|.

    Shapes: prediction (…), target (…) of the same shape → a scalar. Outliers weigh less than with MSE, and images
    come out sharper.
    """

    label = "L1 loss"
    aliases = ("mean absolute error", "mae", "regression", "robust", "reconstruction")
    torch_name = "torch.nn.functional.l1_loss"
    prediction = Input("What the model says.")
    target = Input("What it should have said.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        need_numbers("L1 loss", prediction, target)
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        mse = "({prediction} - {target}).square().mean()"  # whose root, of a batch, would be no mean over rows
        return Code(forward="F.l1_loss({prediction}, {target})", metrics={"mse": mse})

    cases = [
        Case(prediction="B 1", target="B 1", y=""),
        Case(prediction="B C=1 H=8 W=8", target="B C=1 H=8 W=8", weight=10.0, y=""),
        Case(prediction="B 3", target="B 1", error="1 outputs"),
        Case(prediction="B 1", target="B", error="Squeeze"),
        Case(prediction="B T 3", target="B 3", error="Select over time"),
        Case(prediction="B 3", target="int B", error="Cross-entropy"),
    ]
