"""Step: all or nothing, the threshold of the perceptron."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.options import Choice


class Step(Layer):
    """Heaviside step: y = 1 if x ≥ 0, else 0; the backward pass uses the slope of a smooth stand-in.

    Shapes: x (…) → y (…), element by element. A step has no slope to learn from, hence the stand-in (straight-through
    estimator, Bengio et al. 2013, https://arxiv.org/abs/1308.3432).
    """

    category = "Activation"
    label = "Step function"
    needs = "nothing"
    aliases = ("heaviside", "threshold", "perceptron", "binary", "straight-through", "spike")
    paper = "Rosenblatt 1958, https://doi.org/10.1037/h0042519"
    torch_name = "torch.heaviside"
    x = Input("Any shape.")
    y = Output("The same shape, every number 0 or 1.")
    surrogate = Choice(
        "sigmoid",
        ("sigmoid", "identity"),
        help="Whose slope the backward pass takes: a sigmoid's, or 1 between −1 and 1 (clipped identity).",
    )

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Step function")

    def code(self, x: Shape) -> Code:
        surrogate = "" if self.surrogate == "sigmoid" else f'"{self.surrogate}"'
        return Code(init=f"Step({surrogate})", imports=("from netlab.nn.activations import Step",))

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 2 * outputs["y"].elements()  # the stand-in as well

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B T 64", surrogate="identity", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
