"""KLLoss: how far a Gaussian is from the unit Gaussian."""

from netlab.layers._losses import LossLayer
from netlab.layers._merging import need_equal
from netlab.layers.layer import Case, Code, Input, Shape


class KLLoss(LossLayer):
    """KL divergence to the unit Gaussian: ½ Σ (mean² + exp(log_var) − log_var − 1), the mean over the batch.

    Shapes: mean (B, …), log_var (B, …) of the same shape → a scalar. The second loss of a variational autoencoder;
    its weight is the β of a β-VAE.
    """

    label = "KL to the unit Gaussian"
    aliases = ("vae", "kullback-leibler", "variational", "latent", "beta-vae")
    paper = "Kingma and Welling 2013, https://arxiv.org/abs/1312.6114"
    mean = Input("The mean of each number of the code.")
    log_var = Input("The logarithm of its variance, of the same shape.")

    def shapes(self, mean: Shape, log_var: Shape) -> Shape:
        mean.need_rank(tuple(range(2, 9)), "KL to the unit Gaussian", "mean")
        need_equal("KL to the unit Gaussian", {"mean": mean, "log_var": log_var})
        return Shape(())

    def code(self, mean: Shape, log_var: Shape) -> Code:
        over = ".sum(1)" if mean.rank == 2 else ".flatten(1).sum(1)"
        return Code(
            forward=f"0.5 * ({{mean}}.square() + {{log_var}}.exp() - {{log_var}} - 1){over}.mean()",
            metrics={"std": "({log_var} / 2).exp().mean()"},
        )

    cases = [
        Case(mean="B 16", log_var="B 16", y=""),
        Case(mean="B T 8", log_var="B T 8", weight=0.1, y=""),
        Case(mean="B 16", log_var="B 8", error="16 outputs"),
        Case(mean="B", log_var="B", error="axes"),
        Case(mean="int B 16", log_var="B 16", error="Embedding"),
    ]
