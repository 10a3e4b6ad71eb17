"""Clamp: keep numbers between two limits."""

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError
from netlab.options import Float


class Clamp(Layer):
    """Cuts numbers off at two limits: y = min(max(x, lowest), highest).

    Shapes: x (…) → y (…), element by element. What is cut off gets no gradient. Use it to keep an Exp or a Divide
    within bounds.
    """

    category = "Basic"
    aliases = ("clip", "limit", "bound", "saturate")
    torch_name = "torch.clamp"
    x = Input("Any numbers.")
    y = Output("The same shape.")
    min = Float(-1.0, min=-1e9, max=1e9, help="The lowest number that passes.")
    max = Float(1.0, min=-1e9, max=1e9, help="The highest number that passes.")

    def shapes(self, x: Shape) -> Shape:
        if self.min > self.max:
            message = tr(
                "Clamp has min {min:g} above max {max:g}, so that nothing passes. Raise max.",
                min=self.min,
                max=self.max,
            )
            above = min(self.min + 1, 1e9)
            raise ShapeError(message, port="x", fixes=(set_option("max", above, f"{above:g}"),))
        return x.need_float("Clamp")

    def code(self, x: Shape) -> Code:
        return Code(forward=f"{{x}}.clamp({self.min}, {self.max})")

    cases = [
        Case(x="B 64", y="B 64"),
        Case(x="B T 64", min=0.0, max=0.5, y="B T 64"),
        Case(x="B 64", min=2.0, error="Raise max"),
        Case(x="int B", error="Embedding"),
    ]
