"""Dropout2d: forget whole feature maps at random while learning."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, Shapes
from netlab.layers.shape import need_image
from netlab.options import Float


class Dropout2d(Layer):
    """While training, each channel of each image is zeroed with probability p and the rest scaled by 1 / (1 − p).

    Shapes: x (B, C, H, W) → y (B, C, H, W). Does nothing when the model is used. Neighbouring pixels are alike, so
    after a convolution this forgets more than Dropout does.
    """

    category = "Regularisation"
    needs = "nothing"
    aliases = ("spatial dropout", "channel dropout", "regularization", "forget", "overfitting")
    paper = "Tompson et al. 2014, https://arxiv.org/abs/1411.4280"
    torch_name = "torch.nn.Dropout2d"
    x = Input("Feature maps: B × C × H × W.")
    y = Output("The same shape.")
    p = Float(0.1, min=0.0, max=0.99, help="Probability that a channel is zeroed.")

    def shapes(self, x: Shape) -> Shape:
        return need_image(x, "Dropout2d")

    def code(self, x: Shape) -> Code:
        return Code(init=f"nn.Dropout2d({self.p})")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return outputs["y"].elements() + outputs["y"].size(1)  # a factor for each channel as well

    cases = [
        Case(x="B C=16 H=8 W=8", y="B C=16 H=8 W=8"),
        Case(x="B C=3 H=4 W=6", p=0.25, y="B C=3 H=4 W=6"),
        Case(x="B 784", error="axes"),
        Case(x="int B C=3 H=8 W=8", error="indices"),
    ]
