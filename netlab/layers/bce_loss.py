"""BCELoss: how surprised the model is by a yes or no."""

from netlab.language import sentences, tr
from netlab.layers._fixes import widen
from netlab.layers._losses import LossLayer
from netlab.layers._merging import TOGETHER, need_equal
from netlab.layers.layer import Case, Code, Input, Shape, ShapeError
from netlab.layers.shape import FLOAT


class BCELoss(LossLayer):
    """Mean of −t log σ(p) − (1 − t) log(1 − σ(p)): binary cross-entropy with logits.

    Shapes: prediction (…) of scores, target (…) of the same shape → a scalar. For a target of indices 0 and 1 of
    shape (B) the prediction can be (B, 1). Use it for two classes, for several labels at once, and for GANs.
    """

    label = "BCE loss"
    takes_scores = True
    aliases = ("binary cross-entropy", "logits", "two classes", "multi-label", "gan", "sigmoid")
    torch_name = "torch.nn.functional.binary_cross_entropy_with_logits"
    prediction = Input("Scores (logits) before any sigmoid; above 0 is yes.")
    target = Input("What is right: numbers from 0 to 1 of the same shape, or indices 0 and 1.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        prediction.need_float("BCE loss", "prediction")
        if target.dtype == FLOAT:
            need_equal("BCE loss", {"target": target, "prediction": prediction})
        elif not prediction.fits(target) and not _one_score(prediction, target):
            message = tr(
                "BCE loss wants one score for each answer ({target}) but gets {prediction}.",
                target=target,
                prediction=prediction,
            )
            if prediction.rank != target.rank + 1 or not prediction.drop(-1).fits(target):
                raise ShapeError(sentences(message, tr(TOGETHER)), port="prediction")
            fix = widen("prediction", 1, tr("Give the layer before 1 output"))
            remedy = tr("Give the layer before the loss 1 output, or use Cross-entropy loss for several classes.")
            raise ShapeError(sentences(message, remedy), port="prediction", fixes=(fix,))
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        scores = "{prediction}" if prediction.rank == target.rank else "{prediction}.squeeze(-1)"
        right = "{target}" if target.dtype == FLOAT else "{target}.float()"
        return Code(
            forward=f"F.binary_cross_entropy_with_logits({scores}, {right})",
            metrics={"accuracy": f"(({scores} > 0) == ({{target}} > 0.5)).float().mean()"},
        )

    cases = [
        Case(prediction="B 1", target="B 1", y=""),
        Case(prediction="B 1", target="int B", weight=0.5, y=""),
        Case(prediction="B T 5", target="int B T 5", y=""),
        Case(prediction="B C=1 H=8 W=8", target="B C=1 H=8 W=8", y=""),
        Case(prediction="B 10", target="int B", error="1 output"),
        Case(prediction="B 3", target="B 1", error="1 outputs"),
        Case(prediction="B 4", target="B", error="same shape"),
        Case(prediction="B T 4", target="int B", error="belong together"),
    ]


def _one_score(prediction: Shape, target: Shape) -> bool:
    """A last axis of size 1 is all that the prediction has more."""
    return prediction.rank == target.rank + 1 and prediction.sizes[-1] == 1 and prediction.drop(-1).fits(target)
