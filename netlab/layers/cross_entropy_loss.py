"""CrossEntropyLoss: how surprised the model is by the right class."""

from netlab.language import sentences, tr
from netlab.layers._losses import LEFT_OUT, class_reports
from netlab.layers._merging import TOGETHER, flatter
from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import INT
from netlab.options import Float, Int


class CrossEntropyLoss(Layer):
    """Mean of −log softmax(prediction)[target], in nats.

    Shapes: prediction (B, …, classes) of scores, target (B, …) of class indices → a scalar.
    """

    label = "Cross-entropy loss"
    category = "Loss"
    aliases = ("classification", "nll", "log loss", "perplexity")
    role = "loss"
    takes_scores = True
    torch_name = "torch.nn.functional.cross_entropy"
    prediction = Input("Scores (logits) for every class on the last axis, before any softmax.")
    target = Input("The right class of each, as an index.")
    y = Output("The loss, a scalar.")
    weight = Float(1.0, min=0.0, max=1e6, help="Its share in the total loss.")
    label_smoothing = Float(0.0, min=0.0, max=1.0, help="Share of certainty spread over all classes.")
    ignore_index = Int(LEFT_OUT, min=-(2**31), max=2**31 - 1, help="Targets with this index are left out.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        prediction.need_float("Cross-entropy", "prediction")
        if target.dtype != INT:
            message = tr(
                "{layer} wants class indices as target but gets numbers ({target}). Use MSE loss instead.",
                layer=tr("Cross-entropy"),
                target=target,
            )
            raise ShapeError(message, port="target")
        if prediction.rank < 2 or not prediction.drop(-1).fits(target):
            wanted = " × ".join([*map(str, target.axes), "classes"])
            message = tr(
                "Cross-entropy needs scores of shape {wanted} for this target ({target}) but gets {prediction}.",
                wanted=wanted,
                target=target,
                prediction=prediction,
            )
            remedy, fixes = _remedy(prediction, target)
            raise ShapeError(sentences(message, remedy), port="prediction", fixes=fixes)
        prediction.size(-1, "prediction")
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        flat = prediction.rank > 2
        scores = "{prediction}.flatten(0, -2)" if flat else "{prediction}"
        classes = "{target}.flatten()" if flat else "{target}"
        more = f", label_smoothing={self.label_smoothing}" if self.label_smoothing else ""
        more += f", ignore_index={self.ignore_index}" if self.ignore_index != LEFT_OUT else ""
        told = class_reports(target, self.ignore_index)
        return Code(forward=f"F.cross_entropy({scores}, {classes}{more})", **told)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return inputs["prediction"].elements() + 1  # the logarithms of the softmax

    cases = [
        Case(prediction="B 10", target="int B", y=""),
        Case(prediction="B T 30", target="int B T", label_smoothing=0.1, y=""),
        Case(prediction="B 10", target="B 10", error="MSE"),
        Case(prediction="B T 10", target="int B", error="Select over time"),
        Case(prediction="B C=3 H=4 W=4", target="int B", error="Flatten"),
        Case(prediction="B 10", target="int B T", error="scores of shape"),
        Case(prediction="B T 7", target="int B T", ignore_index=0, y=""),
    ]


def _remedy(prediction: Shape, target: Shape) -> tuple[str, tuple[Fix, ...]]:
    """What to do about a prediction that does not fit the target, in words and as fixes."""
    if prediction.rank <= target.rank:
        return tr("The prediction no longer has all axes of the target; wire it to a layer that has."), ()
    return flatter(prediction) if target.rank == 1 else (tr(TOGETHER), ())
