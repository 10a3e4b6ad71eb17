"""Gaussian noise: blur every number a little while learning."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.options import Float


class GaussianNoise(Layer):
    """While training, noise is added to each number: y = x + std · ε, with ε normally distributed.

    Shapes: x (…) → y (…). Does nothing when the model is used. On inputs it makes more data; with a decoder behind it,
    a denoising autoencoder.
    """

    label = "Gaussian noise"
    category = "Regularisation"
    needs = "nothing"
    aliases = ("jitter", "augmentation", "denoising", "regularization", "overfitting")
    paper = "Bishop 1995, https://doi.org/10.1162/neco.1995.7.1.108"
    torch_name = "torch.randn_like"
    x = Input("Any shape.")
    y = Output("The same shape.")
    std = Float(0.1, min=0.0, max=1000.0, help="Standard deviation of the noise.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Gaussian noise")

    def code(self, x: Shape) -> Code:
        return Code(init=f"GaussianNoise({self.std})", imports=("from netlab.nn.gaussian_noise import GaussianNoise",))

    cases = [Case(x="B 128", y="B 128"), Case(x="B T 64", std=1.0, y="B T 64"), Case(x="int B", error="Embedding")]
