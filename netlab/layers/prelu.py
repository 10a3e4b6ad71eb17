"""PReLU: a leaky rectifier that learns its own slope."""

from netlab.language import mark, tr
from netlab.layers._channels import need_channels
from netlab.layers.layer import Case, Code, Fix, Input, Layer, Output, Shape
from netlab.options import Choice, Float

ONE, PER_CHANNEL = "one", "per channel"


class PReLU(Layer):
    """Rectifier with a learned slope a: y = x if x > 0, else a · x.

    Shapes: x (…) → y (…), element by element. With a slope for each channel: x (B, C, …).
    """

    category = "Activation"
    key = "prelu"
    aliases = ("parametric relu", "learned slope", "rectifier", "activation")
    paper = "He et al. 2015, https://arxiv.org/abs/1502.01852"
    torch_name = "torch.nn.PReLU"
    x = Input("Any shape.")
    y = Output("The same shape.")
    num_parameters = Choice(ONE, (ONE, PER_CHANNEL), help="One slope for all, or one for each channel (second axis).")
    init = Float(0.25, min=-10.0, max=10.0, help="Slope before training.")

    def shapes(self, x: Shape) -> Shape:
        if self.num_parameters == ONE:
            return x.need_float("PReLU")
        fix = Fix(tr("Use one slope for all"), "set_option", {"name": "num_parameters", "value": ONE})
        what, remedy = mark("PReLU with a slope for each channel"), mark("Use one slope for all.")
        return need_channels(x, what, remedy, fixes=(fix,))

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (1 if self.num_parameters == ONE else x.size(1),)}

    def code(self, x: Shape) -> Code:
        arguments = [] if self.num_parameters == ONE else [str(x.size(1))]
        arguments += [] if self.init == 0.25 else [f"init={self.init}"]
        return Code(init=f"nn.PReLU({', '.join(arguments)})")

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B C=3 H=8 W=8", num_parameters=PER_CHANNEL, init=0.1, y="B C=3 H=8 W=8"),
        Case(x="B 64", num_parameters=PER_CHANNEL, y="B 64"),
        Case(x="B T 64", num_parameters=PER_CHANNEL, error="one slope"),
        Case(x="B", num_parameters=PER_CHANNEL, error="one slope"),
        Case(x="int B T", error="Embedding"),
    ]
