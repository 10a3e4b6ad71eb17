"""CosineLoss: the angle between prediction and target."""

from netlab.layers._losses import LossLayer, need_numbers
from netlab.layers.layer import Case, Code, Input, Shape

COSINE = "F.cosine_similarity({prediction}, {target}, dim=-1).mean()"


class CosineLoss(LossLayer):
    """Mean of 1 − cos(prediction, target): 0 for the same direction, 2 for the opposite one.

    Shapes: prediction (B, …, d), target (B, …, d) → a scalar. The length of the vectors does not count; use it for
    embeddings.
    """

    label = "Cosine loss"
    aliases = ("cosine similarity", "angle", "embedding", "direction", "self-supervised")
    torch_name = "torch.nn.functional.cosine_similarity"
    prediction = Input("The vectors that the model says, on the last axis.")
    target = Input("The vectors it should have said, of the same shape.")

    def shapes(self, prediction: Shape, target: Shape) -> Shape:
        prediction.need_rank(tuple(range(2, 9)), "Cosine loss", "prediction")
        need_numbers("Cosine loss", prediction, target)
        return Shape(())

    def code(self, prediction: Shape, target: Shape) -> Code:
        mae = "({prediction} - {target}).abs().mean()"
        return Code(forward=f"1 - {COSINE}", metrics={"mae": mae})

    cases = [
        Case(prediction="B 64", target="B 64", y=""),
        Case(prediction="B T 8", target="B T 8", weight=3.0, y=""),
        Case(prediction="B 64", target="B 32", error="32 outputs"),
        Case(prediction="B 64", target="int B", error="Cross-entropy"),
        Case(prediction="B", target="B", error="axes"),
    ]
