"""RNNCell: one step of a simple recurrent network."""

from netlab.layers._cells import Cell
from netlab.layers._recurrent import cell_weights, check_state
from netlab.layers.layer import Case, Code, Shape
from netlab.options import Choice


class RNNCell(Cell):
    """One step of a simple recurrent network: h = f(W x + U h0 + b), with f the tanh or the rectifier.

    Shapes: x (B, d), h0 (B, hidden_size) → h (B, hidden_size). Use it to wire steps by hand.
    """

    key = "rnn_cell"
    label = "RNN cell"
    aliases = ("recurrent", "elman", "one step", "unrolled", "state update")
    paper = "Elman 1990, https://doi.org/10.1207/s15516709cog1402_1"
    torch_name = "torch.nn.RNNCell"
    nonlinearity = Choice("tanh", ("tanh", "relu"), help="What bends the new state.")

    def shapes(self, x: Shape, h0: Shape | None) -> Shape:
        h = self.step(x)
        check_state(h0, x, self.hidden_size, "RNN cell", "h0")
        return h

    def weights(self, x: Shape, h0: Shape | None) -> dict[str, tuple[int, ...]]:
        return self.weights_of(cell_weights(1, x.last, self.hidden_size))

    def code(self, x: Shape, h0: Shape | None) -> Code:
        own = "" if self.nonlinearity == "tanh" else f', nonlinearity="{self.nonlinearity}"'
        forward = "{self}({x})" if h0 is None else "{self}({x}, {h0})"
        return Code(init=f"nn.RNNCell({self.arguments(x, own)})", forward=forward)

    cases = [
        Case(x="B 8", h="B 64"),
        Case(x="B 8", h0="B 5", hidden_size=5, nonlinearity="relu", bias=False, h="B 5"),
        Case(x="B 8", h0="B 6", hidden_size=5, error="Set hidden_size to 6"),
        Case(x="B T 8", error="one step"),
    ]
