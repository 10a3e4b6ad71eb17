"""TripletLoss: what belongs together shall be nearer than what does not."""

from netlab.layers._losses import LossLayer
from netlab.layers._merging import need_equal
from netlab.layers.layer import Case, Code, Input, Shape
from netlab.options import Float

CLOSER = "F.pairwise_distance({anchor}, {positive}) < F.pairwise_distance({anchor}, {negative})"


class TripletLoss(LossLayer):
    """Mean of max(0, |anchor − positive| − |anchor − negative| + margin).

    Shapes: anchor (B, d), positive (B, d), negative (B, d) → a scalar. Use it to learn vectors whose distance says
    how alike things are, e.g. faces.
    """

    label = "Triplet loss"
    aliases = ("metric learning", "siamese", "embedding", "faces", "similarity")
    paper = "Schroff et al. 2015, https://arxiv.org/abs/1503.03832"
    torch_name = "torch.nn.functional.triplet_margin_loss"
    anchor = Input("Vectors to compare with: B × d.")
    positive = Input("Vectors of what is alike: B × d.")
    negative = Input("Vectors of what is different: B × d.")
    margin = Float(1.0, min=0.0, max=1e6, help="By how much the different one has to be farther away.")

    def shapes(self, anchor: Shape, positive: Shape, negative: Shape) -> Shape:
        anchor.need_rank(tuple(range(2, 9)), "Triplet loss", "anchor")
        need_equal("Triplet loss", {"anchor": anchor, "positive": positive, "negative": negative})
        return Shape(())

    def code(self, anchor: Shape, positive: Shape, negative: Shape) -> Code:
        margin = "" if self.margin == 1 else f", margin={self.margin}"
        return Code(
            forward=f"F.triplet_margin_loss({{anchor}}, {{positive}}, {{negative}}{margin})",
            metrics={"accuracy": f"({CLOSER}).float().mean()"},
        )

    cases = [
        Case(anchor="B 64", positive="B 64", negative="B 64", y=""),
        Case(anchor="B T 8", positive="B T 8", negative="B T 8", margin=20.0, y=""),
        Case(anchor="B 64", positive="B 64", negative="B 32", error="64 outputs"),
        Case(anchor="B", positive="B", negative="B", error="axes"),
        Case(anchor="int B 4", positive="B 4", negative="B 4", error="Embedding"),
    ]
