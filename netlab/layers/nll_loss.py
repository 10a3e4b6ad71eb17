"""NLLLoss: how improbable the right class was."""

from netlab.layers._losses import LossLayer, class_reports, need_classes, rows
from netlab.layers.layer import Case, Code, Input, Shape


class NLLLoss(LossLayer):
    """Mean of −prediction[target], in nats, for log-probabilities.

    Shapes: prediction (B, …, classes) of log-probabilities, target (B, …) of class indices → a scalar. Put a
    log-softmax before it; for plain scores use Cross-entropy loss.
    """

    label = "NLL loss"
    aliases = ("negative log likelihood", "log-softmax", "classification", "log loss")
    torch_name = "torch.nn.functional.nll_loss"
    prediction = Input("Log-probabilities of every class on the last axis.")
    target = Input("The right class of each, as an index.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        need_classes("NLL loss", prediction, target)
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        scores, classes = rows(prediction)
        return Code(forward=f"F.nll_loss({scores}, {classes})", **class_reports(target))

    cases = [
        Case(prediction="B 10", target="int B", y=""),
        Case(prediction="B T 30", target="int B T", weight=2.0, y=""),
        Case(prediction="B 10", target="B 10", error="MSE"),
        Case(prediction="B T 10", target="int B", error="Select over time"),
        Case(prediction="B C=3 H=4 W=4", target="int B", error="Flatten"),
        Case(prediction="B 10", target="int B T", error="belong together"),
    ]
