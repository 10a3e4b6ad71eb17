"""ContrastiveLoss: find the partner among all of the batch."""

from netlab.layers._losses import LossLayer
from netlab.layers._merging import need_equal
from netlab.layers.layer import Case, Code, Input, Shape, Shapes
from netlab.options import Bool, Float

FOUND = "({a} @ F.normalize({b}, dim=-1).T).argmax(-1) == torch.arange({a}.shape[0], device={a}.device)"


class ContrastiveLoss(LossLayer):
    """Mean of −log softmaxⱼ(cos(aᵢ, bⱼ) / temperature) at j = i: row i of a belongs to row i of b.

    Shapes: a (B, d), b (B, d) → a scalar. All other rows of the batch are wrong answers, so a large batch teaches
    more. Use it for two views of one thing, or for images and texts.
    """

    label = "InfoNCE loss"
    aliases = ("contrastive", "clip", "simclr", "self-supervised", "nt-xent", "similarity")
    paper = "van den Oord et al. 2018, https://arxiv.org/abs/1807.03748"
    a = Input("One vector a sample: B × d.")
    b = Input("The vector that belongs to it, in the same order: B × d.")
    temperature = Float(0.1, min=1e-3, max=100.0, log=True, help="Small values punish the nearest wrong ones most.")
    symmetric = Bool(False, help="Also find for every b its a, and take the mean.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        a.need_float("InfoNCE loss", "a").need_rank(2, "InfoNCE loss", "a")
        need_equal("InfoNCE loss", {"a": a, "b": b}).size(-1, "a")
        return Shape(())

    def code(self, a: Shape, b: Shape) -> Code:
        more = "" if self.temperature == 0.1 else f", temperature={self.temperature}"
        more += ", symmetric=True" if self.symmetric else ""
        return Code(
            forward=f"info_nce({{a}}, {{b}}{more})",
            imports=("from netlab.nn.losses import info_nce",),
            metrics={"accuracy": f"({FOUND}).float().mean()"},
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 8 * inputs["a"].elements()

    cases = [
        Case(a="B 64", b="B 64", y=""),
        Case(a="B 8", b="B 8", temperature=0.5, symmetric=True, y=""),
        Case(a="B 64", b="B 32", error="64 outputs"),
        Case(a="B 64", b="B T 64", error="Select over time"),
        Case(a="B T 64", b="B T 64", error="axes"),
    ]
