"""Block: layers put together under one name, used once, several times, or along time."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Layer, Shape, ShapeError
from netlab.options import Bool, Choice, Int

PLAIN, REPEAT, SCAN = "plain", "repeat", "scan"


class Block(Layer):
    """A graph inside one node: plain, repeated one behind the other, or stepping along time with a carried state.

    Shapes: those of its content. Plain: the ports are what the content takes and gives. Repeat: the first output of
    one copy is the first input of the next. Scan: the first input is cut along time (B, T, …) and fed step by step;
    an input and an output of the same name are the carried state, which starts at zero where nothing is wired.
    """

    category = "Basic"
    role = "block"
    aliases = ("group", "subgraph", "module", "repeat", "stack", "scan", "loop")
    torch_name = "torch.nn.Module"
    mode = Choice(PLAIN, (PLAIN, REPEAT, SCAN), help="Run it once, in copies one behind the other, or along time.")
    repeat = Int(2, min=1, max=1000, unit="copies", help="How many copies; only for the mode repeat.")
    share_weights = Bool(False, help="Let all copies of a repeat use the same weights.")

    @property
    def is_list(self) -> bool:
        """Whether every copy has weights of its own."""
        return self.mode == REPEAT and not self.share_weights

    @property
    def copies(self) -> int:
        """How many sets of weights there are."""
        return self.repeat if self.is_list else 1

    @property
    def runs(self) -> int:
        """How often its content runs one behind the other, without the steps of a scan."""
        return self.repeat if self.mode == REPEAT else 1

    def shapes(self) -> Shape:
        raise ShapeError(tr("The shapes of a block come from its content; open it and wire its ports."))

    def code(self) -> Code:
        return Code(forward="")

    cases = [Case(error="content")]
