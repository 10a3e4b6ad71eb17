"""KLDivLoss: how far one distribution is from another."""

from netlab.layers._losses import LossLayer, need_numbers
from netlab.layers.layer import Case, Code, Input, Shape
from netlab.options import Bool


class KLDivLoss(LossLayer):
    """KL divergence of two distributions: Σ t (log t − prediction) over the last axis, the mean over all others.

    Shapes: prediction (B, …, classes) of log-probabilities, target of the same shape → a scalar. Put a log-softmax
    before the prediction. Use it to learn from another model's answers (distillation).
    """

    label = "KL divergence loss"
    aliases = ("kullback-leibler", "distillation", "soft labels", "teacher", "relative entropy")
    paper = "Hinton et al. 2015, https://arxiv.org/abs/1503.02531"
    torch_name = "torch.nn.functional.kl_div"
    prediction = Input("Log-probabilities on the last axis.")
    target = Input("The probabilities they should be, of the same shape.")
    log_target = Bool(False, help="The target holds log-probabilities as well.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        prediction.need_rank(tuple(range(2, 9)), "KL divergence loss", "prediction")
        need_numbers("KL divergence loss", prediction, target)
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        flat = ".flatten(0, -2)" if prediction.rank > 2 else ""
        # without the limit a target of exactly 0 has an infinite slope, and its gradient is not a number
        wanted = "{target}" if self.log_target else "{target}.clamp(min=1e-12)"
        log = ", log_target=True" if self.log_target else ""
        return Code(
            forward=f'F.kl_div({{prediction}}{flat}, {wanted}{flat}, reduction="batchmean"{log})',
            metrics={"agreement": "({prediction}.argmax(-1) == {target}.argmax(-1)).float().mean()"},
        )

    cases = [
        Case(prediction="B 10", target="B 10", y=""),
        Case(prediction="B T 10", target="B T 10", log_target=True, y=""),
        Case(prediction="B 10", target="B 5", error="5 outputs"),
        Case(prediction="B 10", target="int B", error="Cross-entropy"),
        Case(prediction="B", target="B", error="axes"),
    ]
