"""BlockInput: where a wire from outside enters a block."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Layer, Output, Shape, ShapeError
from netlab.options import Int


class BlockInput(Layer):
    """A port of the block it lies in, seen from inside; its name is the name of the port.

    Shapes: what is wired to the port outside. The carried state of a scan for which nothing is wired starts as zeros
    of shape (B, size).
    """

    label = "Block input"
    category = "Data"
    role = "block_input"
    aliases = ("port", "argument", "state", "block")
    y = Output("What enters.")
    size = Int(64, min=1, max=1048576, unit="features", help="Width of a carried state that starts at zero.")

    def shapes(self) -> Shape:
        raise ShapeError(tr("A block input belongs inside a block; outside, use an Input."))

    def code(self) -> Code:
        return Code(forward="")

    cases = [Case(error="inside a block")]
