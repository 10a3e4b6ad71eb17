"""CTCLoss: a text for a longer sequence, without saying which step is which letter."""

from netlab.language import tr
from netlab.layers._axes import same_length
from netlab.layers._losses import LossLayer
from netlab.layers.layer import Case, Code, Input, Shape, ShapeError
from netlab.layers.shape import INT, need_sequence


class CTCLoss(LossLayer):
    """Connectionist temporal classification: −log of the summed probability of all ways to spell the target.

    Shapes: prediction (B, T, classes) of log-probabilities, target (B, S) of class indices, padded with 0 → a
    scalar. Class 0 is the blank. Use it for speech and handwriting, behind a log-softmax; T has to exceed S.
    """

    label = "CTC loss"
    aliases = ("speech recognition", "handwriting", "alignment", "ocr", "connectionist temporal classification")
    paper = "Graves et al. 2006, https://doi.org/10.1145/1143844.1143891"
    torch_name = "torch.nn.functional.ctc_loss"
    prediction = Input("Log-probabilities of every class at every step: B × T × classes.")
    target = Input("The right text: class indices from 1, then zeros up to the longest.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        need_sequence(prediction, "CTC loss", "prediction")
        if target.dtype != INT:
            message = tr(
                "CTC loss wants class indices as target but gets {kind} ({target}). Wire it to tokens.",
                kind=target.dtype,
                target=target,
            )
            raise ShapeError(message, port="target")
        target.need_rank(2, "CTC loss", "target")
        if not same_length(prediction[0], target[0]):
            message = tr(
                "{layer} wants the same batch twice but gets {a} and {b}. Wire both to the same data.",
                layer=tr("CTC loss"),
                a=prediction,
                b=target,
            )
            raise ShapeError(message, port="target")
        if prediction.size(-1, "prediction") < 2:
            message = tr(
                "CTC loss needs a blank and at least one class more but gets {prediction}. "
                "Give the layer before the loss more outputs.",
                prediction=prediction,
            )
            raise ShapeError(message, port="prediction")
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        return Code(
            forward="ctc_loss({prediction}, {target})",
            imports=("from netlab.nn.losses import ctc_loss",),
            metrics={"blanks": "({prediction}.argmax(-1) == 0).float().mean()"},
        )

    cases = [
        Case(prediction="B T=12 6", target="int B S=4", y=""),
        Case(prediction="B T=20 3", target="int B S", weight=0.1, y=""),
        Case(prediction="B T 6", target="int B 2", y=""),
        Case(prediction="B T 6", target="B S", error="class indices"),
        Case(prediction="B T 6", target="int B", error="axes"),
        Case(prediction="B 6", target="int B S", error="sequence"),
        Case(prediction="B T 1", target="int B S", error="blank"),
        Case(prediction="B T 6", target="int 3 S", error="same batch"),
    ]
