"""MaskedFill: put a number wherever a mask is true."""

from netlab.language import tr
from netlab.layers._masks import need_mask
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError
from netlab.layers.shape import broadcast
from netlab.options import Bool, Float


class MaskedFill(Layer):
    """Puts a number where the mask is true: y = value where mask, else x.

    Shapes: x (…), mask (…), stretched to x → y (…). With −∞ before a Softmax, the masked places get no weight at all,
    which is how attention hides the future or the padding.
    """

    label = "Masked fill"
    category = "Attention"
    needs = "nothing"
    aliases = ("mask", "where", "hide", "minus infinity", "causal", "padding")
    paper = "Vaswani et al. 2017, https://arxiv.org/abs/1706.03762"
    torch_name = "torch.Tensor.masked_fill"
    x = Input("Numbers, such as attention scores.")
    mask = Input("True where the number goes, of the shape of x or one that can be stretched to it.")
    y = Output("The same with the masked places filled.")
    infinite = Bool(True, help="Fill with −∞, so that a softmax gives these places nothing; else with value.")
    value = Float(0.0, min=-3.4e38, max=3.4e38, help="What to fill with, unless it is −∞.")

    def shapes(self, x: Shape, mask: Shape) -> Shape:
        x.need_float("Masked fill")
        need_mask("Masked fill", mask)

        def refuse(why: str) -> ShapeError:
            message = tr(
                "Masked fill cannot stretch the mask {mask} to {shape}: {why}. Make the mask from the same values.",
                mask=mask,
                shape=x,
                why=why,
            )
            return ShapeError(message, port="mask")

        if mask.rank > x.rank or not broadcast(x, mask, refuse).fits(x):
            raise refuse(tr("it is larger"))
        return x

    def code(self, x: Shape, mask: Shape) -> Code:
        value = 'float("-inf")' if self.infinite else str(self.value)
        return Code(forward=f"{{x}}.masked_fill({{mask}}, {value})")

    cases = [
        Case(x="B h=4 T T", mask="bool T T", infinite=False, y="B h=4 T T"),
        Case(x="B T 8", mask="bool B T 1", infinite=False, value=1.5, y="B T 8"),
        Case(x="B T 8", mask="B T 8", error="Compare"),
        Case(x="B 8", mask="bool B 4", error="cannot stretch"),
        Case(x="B 1", mask="bool B 4", error="larger"),
        Case(x="int B T", mask="bool B T", error="Embedding"),
    ]
