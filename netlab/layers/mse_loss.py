"""MSELoss: the mean squared distance from the target."""

from netlab.language import sentences, tr
from netlab.layers._losses import widened
from netlab.layers._merging import flatter
from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import FLOAT
from netlab.options import Float


class MSELoss(Layer):
    """Mean squared error: (1/n) Σ (prediction − target)².

    Shapes: prediction (…), target (…) of the same shape → a scalar.
    """

    key = "mse_loss"
    label = "MSE loss"
    category = "Loss"
    aliases = ("regression", "squared error", "l2")
    role = "loss"
    torch_name = "torch.nn.functional.mse_loss"
    prediction = Input("What the model says.")
    target = Input("What it should have said.")
    y = Output("The loss, a scalar.")
    weight = Float(1.0, min=0.0, max=1e6, help="Its share in the total loss.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        prediction.need_float("MSE loss", "prediction")
        if target.dtype != FLOAT:
            message = tr(
                "{layer} wants numbers as target but gets class indices ({target}). Use Cross-entropy loss.",
                layer=tr("MSE loss"),
                target=target,
            )
            raise ShapeError(message, port="target")
        if not prediction.fits(target):
            message = tr("MSE loss wants two equal shapes but gets {a} and {b}.", a=prediction, b=target)
            fixes: tuple[Fix, ...] = ()
            same_rank = target.rank == prediction.rank and target.rank > 0
            size = target[-1].size if same_rank and prediction.drop(-1).fits(target.drop(-1)) else None
            if size is not None:
                remedy, fix = widened(size)
                fixes = (fix,)
            elif prediction.rank == 3 and target.rank == 2:
                remedy, fixes = flatter(prediction)
            else:
                remedy = tr("Wire both to values of the same shape.")
            raise ShapeError(sentences(message, remedy), port="prediction", fixes=fixes)
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        return Code(
            forward="F.mse_loss({prediction}, {target})", metrics={"mae": "({prediction} - {target}).abs().mean()"}
        )

    cases = [
        Case(prediction="B 1", target="B 1", y=""),
        Case(prediction="B C=1 H=8 W=8", target="B C=1 H=8 W=8", y=""),
        Case(prediction="B 3", target="B 1", error="1 outputs"),
        Case(prediction="B T 3", target="B 3", error="Select over time"),
        Case(prediction="B C=1 H=8 W=8", target="B 3", error="Wire both"),
        Case(prediction="B 3", target="int B", error="Cross-entropy"),
    ]
