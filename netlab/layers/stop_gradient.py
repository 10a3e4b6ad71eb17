"""StopGradient: the value passes, the gradient does not."""

from netlab.layers._rearranging import Rearranging
from netlab.layers.layer import Case, Code, Input, Output, Shape


class StopGradient(Rearranging):
    """Lets the value pass and stops the gradient: y = x, ∂y/∂x = 0.

    Shapes: x (…) → y (…). Use it where a branch may look at a value but must not change what makes it.
    """

    label = "Stop gradient"
    category = "Basic"
    aliases = ("detach", "freeze branch", "no gradient", "siamese")
    paper = "Chen and He 2020, https://arxiv.org/abs/2011.10566"
    torch_name = "torch.Tensor.detach"
    stops_gradient = True
    x = Input("Any numbers.")
    y = Output("The same numbers.")

    def shapes(self, x: Shape) -> Shape:
        return x.need_float("Stop gradient")

    def code(self, x: Shape) -> Code:
        return Code(forward="{x}.detach()")

    cases = [
        Case(x="B 64", y="B 64"),
        Case(x="B T C=3 H=8 W=8", y="B T C=3 H=8 W=8"),
        Case(x="int B", error="Embedding"),
    ]
