"""SelectTime: one vector for a whole sequence."""

from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape
from netlab.layers.shape import need_sequence
from netlab.options import Choice

CODE = {"first": "{x}[:, 0]", "last": "{x}[:, -1]", "mean": "{x}.mean(1)", "max": "{x}.amax(1)"}


class SelectTime(Layer):
    """Takes the first or last step of a sequence, or the mean or maximum over time.

    Shapes: x (B, T, d) → y (B, d).
    """

    label = "Select over time"
    category = "Sequence"
    needs = "view"
    aliases = ("pool over time", "last step", "mean over time", "cls token", "pooling")
    x = Input("Sequences: B × T × d.")
    y = Output("One vector a sequence: B × d.")
    which = Choice("last", ("first", "last", "mean", "max"), help="Which step to take, or how to pool them.")

    def shapes(self, x: Shape) -> Shape:
        return need_sequence(x, "Select over time").drop(1)

    def code(self, x: Shape) -> Code:
        return Code(forward=CODE[self.which])

    cases = [Case(x="B T 64", which=which, y="B 64") for which in CODE] + [Case(x="B 64", error="axes")]
