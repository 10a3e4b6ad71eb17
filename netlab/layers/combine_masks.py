"""CombineMasks: look only where both masks allow it."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import BOOL, broadcast


class CombineMasks(Layer):
    """Both masks at once: y = a ∧ b, true where both are true.

    Shapes: a (…), b (…) → y (…), bool; axes of size 1 are stretched, so a causal mask (T, T) and a padding mask
    (B, 1, 1, T) make (B, 1, T, T).
    """

    label = "Combine masks"
    category = "Attention"
    needs = "nothing"
    aliases = ("and", "logical", "intersection", "attention mask", "merge masks")
    torch_name = "torch.logical_and"
    a = Input("One mask.")
    b = Input("The other, of the same shape or one that can be stretched to it.")
    y = Output("True where both are true.")

    def shapes(self, a: Shape, b: Shape) -> Shape:
        for port, mask in (("a", a), ("b", b)):
            if mask.dtype != BOOL:
                message = tr(
                    "Combine masks wants two masks but gets {shape} of {kind}. Wire it to a mask layer.",
                    shape=mask,
                    kind=mask.dtype,
                )
                raise ShapeError(message, port=port)

        def refuse(why: str) -> ShapeError:
            message = tr(
                "The masks {a} and {b} do not fit: {why}. Make both from sequences of the same length.",
                a=a,
                b=b,
                why=why,
            )
            return ShapeError(message, port="b")

        return broadcast(a, b, refuse)

    def code(self, a: Shape, b: Shape) -> Code:
        return Code(forward="{a} & {b}")

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        return 0

    cases = [
        Case(a="bool T T", b="bool B 1 1 T", y="bool B 1 T T"),
        Case(a="bool T S", b="bool T S", y="bool T S"),
        Case(a="bool T T", b="B T", error="two masks"),
        Case(a="bool T=5 T=5", b="bool B 1 1 T=6", error="same length"),
    ]
