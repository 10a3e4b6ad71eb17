"""Reparameterize: a random sample that a gradient can pass."""

from netlab.layers._merging import need_equal
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes


class Reparameterize(Layer):
    """A sample of a Gaussian while training, its mean otherwise: y = mean + exp(log_var / 2) ⊙ ε.

    Shapes: mean (…), log_var (…) of the same shape → y (…). Between the encoder and the decoder of a variational
    autoencoder, together with the loss KL to the unit Gaussian.
    """

    category = "Regularisation"
    needs = "nothing"
    aliases = ("vae", "variational", "sample", "gaussian noise", "latent")
    paper = "Kingma and Welling 2013, https://arxiv.org/abs/1312.6114"
    mean = Input("The mean of each number.")
    log_var = Input("The logarithm of its variance, of the same shape.")
    y = Output("The sample, of the same shape.")

    def shapes(self, mean: Shape, log_var: Shape) -> Shape:
        return need_equal("Reparameterize", {"mean": mean, "log_var": log_var})

    def code(self, mean: Shape, log_var: Shape) -> Code:
        return Code(
            init="Reparameterize()",
            forward="{self}({mean}, {log_var})",
            imports=("from netlab.nn.sampling import Reparameterize",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 4 * outputs["y"].elements()

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 3 * outputs["y"].elements()  # the noise and the deviation as well

    cases = [
        Case(mean="B 16", log_var="B 16", y="B 16"),
        Case(mean="B T 8", log_var="B T 8", y="B T 8"),
        Case(mean="B 16", log_var="B 8", error="16 outputs"),
        Case(mean="int B 16", log_var="B 16", error="Embedding"),
    ]
