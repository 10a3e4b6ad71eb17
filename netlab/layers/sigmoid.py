"""Sigmoid: squeeze every number into the range from 0 to 1."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class Sigmoid(Layer):
    """Logistic function: y = σ(x) = 1 / (1 + exp(−x)).

    Shapes: x (…) → y (…), element by element. Reads as a probability or as a gate; a
    loss on logits wants the scores before it.
    """

    category = "Activation"
    needs = "output"
    aliases = ("logistic", "squash", "gate", "probability", "activation")
    paper = "Rumelhart, Hinton and Williams 1986, https://doi.org/10.1038/323533a0"
    torch_name = "torch.sigmoid"
    x = Input("Any shape.")
    y = Output("The same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Sigmoid")

    def code(self, x: Shape) -> Code:
        return Code(forward="torch.sigmoid({x})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
