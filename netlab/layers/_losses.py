"""What the losses share: the ports and options that all have, and the checks of prediction against target."""

from __future__ import annotations

from typing import Any

from netlab.language import sentences, tr
from netlab.layers._fixes import widen
from netlab.layers._merging import TOGETHER, flatter, need_equal
from netlab.layers.layer import Fix, Layer, Output, Shape, ShapeError
from netlab.layers.shape import FLOAT, INT
from netlab.options import Float

LEFT_OUT = -100
"""The index of a target that torch's class losses leave out unless they are told another one."""


class LossLayer(Layer):
    """A layer that says how wrong the model is."""

    category = "Loss"
    role = "loss"
    y = Output("The loss, a scalar.")
    weight = Float(1.0, min=0.0, max=1e6, help="Its share in the total loss.")


def need_numbers(what: str, prediction: Shape, target: Shape) -> Shape:
    """Prediction and target are numbers of the same shape."""
    prediction.need_float(what, "prediction")
    if target.dtype != FLOAT:
        message = tr(
            "{layer} wants numbers as target but gets class indices ({target}). Use Cross-entropy loss.",
            layer=tr(what),
            target=target,
        )
        raise ShapeError(message, port="target")
    return need_equal(what, {"target": target, "prediction": prediction})


def need_classes(what: str, prediction: Shape, target: Shape) -> None:
    """The prediction has one number for every class where the target has the index of the right one."""
    prediction.need_float(what, "prediction")
    if target.dtype != INT:
        message = tr(
            "{layer} wants class indices as target but gets numbers ({target}). Use MSE loss instead.",
            layer=tr(what),
            target=target,
        )
        raise ShapeError(message, port="target")
    if prediction.rank >= 2 and prediction.drop(-1).fits(target):
        prediction.size(-1, "prediction")
        return
    wanted = " × ".join([*map(str, target.axes), "classes"])
    message = tr(
        "{layer} needs a prediction of shape {wanted} for this target ({target}) but gets {prediction}.",
        layer=tr(what),
        wanted=wanted,
        target=target,
        prediction=prediction,
    )
    remedy, fixes = tr(TOGETHER), ()
    if target.rank == 1:
        remedy, fixes = flatter(prediction)
    raise ShapeError(sentences(message, remedy), port="prediction", fixes=fixes)


def widened(outputs: int) -> tuple[str, Fix]:
    """Give the layer whose prediction arrives so many outputs, in words and as a fix."""
    label = tr("Give the layer before {count} outputs", count=outputs)
    remedy = tr("Give the layer before the loss {count} outputs.", count=outputs)
    return remedy, widen("prediction", outputs, label)


def rows(prediction: Shape) -> tuple[str, str]:
    """Prediction and target as torch's class losses want them: one row, and one index, for each answer."""
    flat = prediction.rank > 2
    return ("{prediction}.flatten(0, -2)", "{target}.flatten()") if flat else ("{prediction}", "{target}")


ACCURACY = "({prediction}.argmax(-1) == {target}).float().mean()"


def class_reports(target: Shape, ignored: int = LEFT_OUT) -> dict[str, Any]:
    """The keywords of `Code` for a loss that leaves out the targets of one index: its metrics, and that index.

    The accuracy is the share of right answers among the targets that count, without a shape that depends on the data.
    """
    if target.rank == 1 and ignored == LEFT_OUT:  # one answer a row, all of which count
        return {"metrics": {"accuracy": ACCURACY}}
    right = "({prediction}.argmax(-1) == {target})"
    counts = f"({{target}} != {ignored})"
    if ignored >= 0:  # the model may well answer with the ignored class
        right = f"({right} & {counts})"
    return {"metrics": {"accuracy": f"{right}.sum() / {counts}.sum()"}, "ignores": ignored}
