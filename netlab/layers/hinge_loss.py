"""HingeLoss: the right class has to win by a margin."""

from netlab.language import sentences, tr
from netlab.layers._losses import ACCURACY, LossLayer, need_classes, rows, widened
from netlab.layers.layer import Case, Code, Input, Shape, ShapeError
from netlab.options import Float


class HingeLoss(LossLayer):
    """Mean of (1/classes) Σ max(0, margin − prediction[target] + prediction[j]) over all wrong classes j.

    Shapes: prediction (B, …, classes) of scores, target (B, …) of class indices → a scalar. The loss of support
    vector machines; with two classes and a Linear it is the perceptron with a margin.
    """

    label = "Hinge loss"
    aliases = ("margin", "svm", "support vector machine", "perceptron", "classification")
    paper = "Crammer and Singer 2001, https://www.jmlr.org/papers/v2/crammer01a.html"
    torch_name = "torch.nn.functional.multi_margin_loss"
    prediction = Input("Scores for every class on the last axis.")
    target = Input("The right class of each, as an index.")
    margin = Float(1.0, min=0.0, max=1e6, help="By how much the right class has to win.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        need_classes("Hinge loss", prediction, target)
        if prediction.last < 2:
            message = tr(
                "Hinge loss wants a score for each of two or more classes but gets {prediction}.", prediction=prediction
            )
            remedy, fix = widened(2)
            raise ShapeError(sentences(message, remedy), port="prediction", fixes=(fix,))
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        scores, classes = rows(prediction)
        margin = "" if self.margin == 1 else f", margin={self.margin}"
        return Code(forward=f"F.multi_margin_loss({scores}, {classes}{margin})", metrics={"accuracy": ACCURACY})

    cases = [
        Case(prediction="B 10", target="int B", y=""),
        Case(prediction="B T 3", target="int B T", margin=0.5, y=""),
        Case(prediction="B 1", target="int B", error="2 outputs"),
        Case(prediction="B 10", target="B 10", error="MSE"),
        Case(prediction="B T 10", target="int B", error="Select over time"),
    ]
