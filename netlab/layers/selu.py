"""SELU: an ELU scaled so that activations keep mean 0 and variance 1."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape


class SELU(Layer):
    """Scaled exponential linear unit: y = λ x if x > 0, else λ α (exp(x) − 1), with λ ≈ 1.0507 and α ≈ 1.6733.

    Shapes: x (…) → y (…), element by element. Works with weights of variance
    1 / inputs and with AlphaDropout in place of Dropout.
    """

    category = "Activation"
    key = "selu"
    aliases = ("activation", "self-normalizing", "self-normalising", "snn")
    paper = "Klambauer et al. 2017, https://arxiv.org/abs/1706.02515"
    torch_name = "torch.nn.functional.selu"
    x = Input("Any shape.")
    y = Output("The same shape.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("SELU")

    def code(self, x: Shape) -> Code:
        return Code(forward="F.selu({x})")

    cases = [
        Case(x="B 128", y="B 128"),
        Case(x="B C=3 H=8 W=8", y="B C=3 H=8 W=8"),
        Case(x="B T 64", y="B T 64"),
        Case(x="int B T", error="Embedding"),
    ]
