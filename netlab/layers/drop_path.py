"""Drop path: leave out a whole branch for some samples while learning."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Float


class DropPath(Layer):
    """While training, each sample is zeroed as a whole with probability p and the rest scaled by 1 / (1 − p).

    Shapes: x (B, …) → y (B, …). Does nothing when the model is used. Put it at the end of a branch, just before the
    Add of a residual, so that the sample skips the branch.
    """

    label = "Drop path"
    category = "Regularisation"
    needs = "nothing"
    aliases = ("stochastic depth", "skip layers", "residual", "regularization", "overfitting")
    paper = "Huang et al. 2016, https://arxiv.org/abs/1603.09382"
    torch_name = "torchvision.ops.StochasticDepth"
    x = Input("What a branch made, any shape with the samples first.")
    y = Output("The same shape.")
    p = Float(0.1, min=0.0, max=0.99, help="Probability that a sample skips the branch.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Drop path").need_rank(tuple(range(1, 9)), "Drop path")

    def code(self, x: Shape) -> Code:
        return Code(init=f"DropPath({self.p})", imports=("from netlab.nn.drop_path import DropPath",))

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return outputs["y"].elements() + 1  # a factor for the sample as well

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B C=3 H=8 W=8", p=0.5, y="B C=3 H=8 W=8"),
        Case(x="int B T", error="Embedding"),
        Case(x="", error="axes"),
    ]
